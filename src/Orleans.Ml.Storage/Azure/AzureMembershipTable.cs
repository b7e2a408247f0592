using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Azure;

/// <summary>The cluster's members in an Azure table, in the layout of Microsoft.Orleans.Clustering.AzureStorage.</summary>
internal sealed partial class AzureMembershipTable(
    IOptions<AzureStorageClusteringOptions> options, IOptions<ClusterOptions> cluster, ILogger<AzureMembershipTable> logger) : IMembershipTable
{
    private const int MaxTransactionRows = 100;
    private const int ReadAttempts = 5;

    private readonly string _clusterId = cluster.Value.ClusterId;
    private readonly TableClient _table = options.Value.TableServiceClient!.GetTableClient(options.Value.TableName);

    /// <inheritdoc/>
    public async Task InitializeMembershipTable(bool tryInitTableVersion)
    {
        await _table.CreateIfNotExistsAsync();
        if (!tryInitTableVersion || (await _table.GetEntityIfExistsAsync<TableEntity>(_clusterId, VersionRows.Key)).HasValue)
            return;
        // Another silo may be faster; what counts is that the rows are there.
        await TryChangeAsync([Add(VersionRows.Main(_clusterId, 0)), .. VersionRows.Boundaries(_clusterId, 0).Select(Add)]);
    }

    /// <inheritdoc/>
    public async Task<MembershipTableData> ReadRow(SiloAddress key)
    {
        var rows = new List<TableEntity>();
        var filter = TableClient.CreateQueryFilter($"(PartitionKey eq {_clusterId}) and ((RowKey eq {SiloInstanceRow.Key(key)}) or (RowKey eq {VersionRows.Key}))");
        await foreach (var row in _table.QueryAsync<TableEntity>(filter))
            rows.Add(row);
        return DataOf(rows);
    }

    /// <inheritdoc/>
    public async Task<MembershipTableData> ReadAll() => DataOf(await ReadSnapshotAsync());

    /// <inheritdoc/>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        TryChangeAsync([Add(SiloInstanceRow.From(entry, _clusterId)), .. Advance(tableVersion)]);

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        TryChangeAsync([Replace(SiloInstanceRow.From(entry, _clusterId), etag), .. Advance(tableVersion)]);

    /// <summary>Leaves the version alone: it is news of no change.</summary>
    public Task UpdateIAmAlive(MembershipEntry entry) => _table.UpdateEntityAsync(SiloInstanceRow.Alive(entry, _clusterId), ETag.All, TableUpdateMode.Merge);

    /// <inheritdoc/>
    public async Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => await DeleteAsync((await ReadSnapshotAsync()).Where(row =>
        !VersionRows.Contains(row.RowKey) && row.GetString(SiloInstanceRow.Status) != nameof(SiloStatus.Active) && row.Timestamp < beforeDate));

    /// <inheritdoc/>
    public async Task DeleteMembershipTableEntries(string clusterId) => await DeleteAsync((await ReadPagesAsync(clusterId)).Rows);

    private static TableTransactionAction Add(TableEntity row) => new(TableTransactionActionType.Add, row);

    private static TableTransactionAction Replace(TableEntity row, string eTag) => new(TableTransactionActionType.UpdateReplace, row, new(eTag));

    private IEnumerable<TableTransactionAction> Advance(TableVersion version) =>
    [
        Replace(VersionRows.Main(_clusterId, version.Version), version.VersionEtag),
        .. VersionRows.Boundaries(_clusterId, version.Version).Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)),
    ];

    /// <summary>False when somebody else was faster: the caller reads again and decides anew.</summary>
    private async Task<bool> TryChangeAsync(IReadOnlyList<TableTransactionAction> change)
    {
        try
        {
            await _table.SubmitTransactionAsync(change);
            return true;
        }
        catch (RequestFailedException refused) when (refused.Status is 404 or 409 or 412)
        {
            LogContention(refused.ErrorCode);
            return false;
        }
    }

    private async Task DeleteAsync(IEnumerable<TableEntity> rows)
    {
        foreach (var chunk in rows.Chunk(MaxTransactionRows))
            await _table.SubmitTransactionAsync(chunk.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag)));
    }

    private async Task<List<TableEntity>> ReadSnapshotAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var (rows, pages) = await ReadPagesAsync(_clusterId);
            if (pages == 1 || VersionRows.AreConsistent(rows))
                return rows;
            if (attempt == ReadAttempts)
                throw new InconsistentStateException($"The membership table of cluster [{_clusterId}] changed during each of [{ReadAttempts}] readings");
        }
    }

    private async Task<(List<TableEntity> Rows, int Pages)> ReadPagesAsync(string clusterId)
    {
        var rows = new List<TableEntity>();
        var pages = 0;
        await foreach (var page in _table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {clusterId}")).AsPages())
        {
            pages++;
            rows.AddRange(page.Values);
        }

        return (rows, pages);
    }

    private MembershipTableData DataOf(List<TableEntity> rows)
    {
        var silos = new List<Tuple<MembershipEntry, string>>(rows.Count);
        foreach (var row in rows.Where(row => !VersionRows.Contains(row.RowKey)))
        {
            try
            {
                silos.Add(Tuple.Create(SiloInstanceRow.Read(row), row.ETag.ToString()));
            }
            catch (Exception unreadable) when (unreadable is FormatException or ArgumentException)
            {
                // One bad row must not take the whole cluster's membership away.
                LogUnreadable(unreadable, row.RowKey);
            }
        }

        return new(silos, VersionRows.Read(rows));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Another silo changed the membership table first ({ErrorCode}).")]
    private partial void LogContention(string? errorCode);

    [LoggerMessage(Level = LogLevel.Error, Message = "The membership row {RowKey} is left out, it cannot be read.")]
    private partial void LogUnreadable(Exception exception, string rowKey);
}
