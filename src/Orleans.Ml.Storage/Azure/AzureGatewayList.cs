using Azure.Data.Tables;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Orleans.Ml.Storage.Azure;

/// <summary>Tells clients which silos let them in: the active ones with a gateway port.</summary>
internal sealed class AzureGatewayList(IOptions<AzureStorageGatewayOptions> options, IOptions<ClusterOptions> cluster, IOptions<GatewayOptions> gateway)
    : IGatewayListProvider
{
    private readonly TableClient _table = options.Value.TableServiceClient!.GetTableClient(options.Value.TableName);
    private readonly string _filter = TableClient.CreateQueryFilter(
        $"PartitionKey eq {cluster.Value.ClusterId} and Status eq {nameof(SiloStatus.Active)} and ProxyPort ne {"0"}");

    /// <inheritdoc/>
    public TimeSpan MaxStaleness { get; } = gateway.Value.GatewayListRefreshPeriod;

    /// <inheritdoc/>
    public bool IsUpdatable => true;

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => _table.CreateIfNotExistsAsync();

    /// <inheritdoc/>
    public async Task<IList<Uri>> GetGateways()
    {
        var gateways = new List<Uri>();
        // Some versions of Orleans mark the version rows as active, too.
        await foreach (var row in _table.QueryAsync<TableEntity>(_filter))
        {
            if (!VersionRows.Contains(row.RowKey))
                gateways.Add(SiloInstanceRow.Gateway(row));
        }

        return gateways;
    }
}
