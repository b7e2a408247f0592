using Azure.Data.Tables;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>The storage emulator of one test's cluster, in memory.</summary>
internal sealed class AzuriteProcess : IClusterStore
{
    private readonly Azurite _azurite;
    private readonly TableClient _members;
    private readonly string _accountFile;

    private AzuriteProcess(Azurite azurite, TableClient members, string accountFile) => (_azurite, _members, _accountFile) = (azurite, members, accountFile);

    public IReadOnlyList<string> Options => ["--azure-storage-file", _accountFile];

    public static async Task<AzuriteProcess> StartAsync()
    {
        var azurite = new Azurite();
        var account = await azurite.ConnectionStringAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, account);
        return new(azurite, new TableClient(account, "OrleansSiloInstances"), file);
    }

    public async Task<IReadOnlyDictionary<string, bool>> LivesAsync(string node)
    {
        var lives = new Dictionary<string, bool>(StringComparer.Ordinal);
        await foreach (var row in _members.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {"orleans-ml"} and SiloName eq {node}")))
            lives[row.RowKey] = row.GetString("Status") == "Dead";
        return lives;
    }

    public async ValueTask DisposeAsync()
    {
        await _azurite.DisposeAsync();
        File.Delete(_accountFile);
    }
}
