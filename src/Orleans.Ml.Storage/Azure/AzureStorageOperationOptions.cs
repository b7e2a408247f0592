using Azure.Data.Tables;

namespace Orleans.Persistence.AzureStorage;

/// <summary>What every provider on an Azure table needs to know. Named as in Orleans' own packages, so that they can take this one's place.</summary>
public class AzureStorageOperationOptions
{
    /// <summary>The table; created when it is not there.</summary>
    public virtual string TableName { get; set; } = "";

    /// <summary>The account's tables.</summary>
    public TableServiceClient? TableServiceClient { get; set; }
}
