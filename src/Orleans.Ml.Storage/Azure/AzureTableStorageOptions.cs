using Orleans.Persistence.AzureStorage;
using Orleans.Storage;

namespace Orleans.Configuration;

/// <summary>Grain state in an Azure table. Named as in Orleans' own package, so that it can take this one's place.</summary>
public class AzureTableStorageOptions : AzureStorageOperationOptions, IStorageProviderSerializerOptions
{
    /// <inheritdoc/>
    public override string TableName { get; set; } = "OrleansGrainState";

    /// <summary>Whether clearing deletes the row; otherwise the row stays, without data.</summary>
    public bool DeleteStateOnClear { get; set; }

    /// <summary>Whether state is kept as text instead of bytes.</summary>
    public bool UseStringFormat { get; set; }

    /// <summary>Where in the silo's life the table is made ready.</summary>
    public int InitStage { get; set; } = ServiceLifecycleStage.ApplicationServices;

    /// <inheritdoc/>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
