using Orleans.Persistence.AzureStorage;

namespace Orleans.Clustering.AzureStorage;

/// <summary>The membership table. Named as in Orleans' own package, so that it can take this one's place.</summary>
public class AzureStorageClusteringOptions : AzureStorageOperationOptions
{
    /// <inheritdoc/>
    public override string TableName { get; set; } = "OrleansSiloInstances";
}

/// <summary>Where a client finds the membership table. Named as in Orleans' own package, so that it can take this one's place.</summary>
public class AzureStorageGatewayOptions : AzureStorageOperationOptions
{
    /// <inheritdoc/>
    public override string TableName { get; set; } = "OrleansSiloInstances";
}
