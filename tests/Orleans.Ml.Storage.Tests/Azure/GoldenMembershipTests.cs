extern alias official;

using System.Net;
using Azure.Data.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;
using Orleans.Messaging;
using Orleans.Ml.Storage.Tests.Conformance;
using Orleans.Ml.Testing.Servers;
using OfficialClustering = official::Orleans.Hosting.AzureTableClusteringExtensions;
using OfficialClusteringOptions = official::Orleans.Clustering.AzureStorage.AzureStorageClusteringOptions;

namespace Orleans.Ml.Storage.Tests.Azure;

/// <summary>The membership rows themselves, as Microsoft.Orleans.Clustering.AzureStorage 10.4.2 writes and reads them.</summary>
public sealed class GoldenMembershipTests(Azurite azurite) : IAsyncLifetime
{
    private static readonly DateTime Now = new(2026, 2, 3, 4, 5, 6, 789, DateTimeKind.Utc);
    private readonly string _ourCluster = $"ours-{Guid.NewGuid():n}";
    private readonly string _theirCluster = $"theirs-{Guid.NewGuid():n}";
    private TableServiceClient _service = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TableClient Table => _service.GetTableClient("OrleansSiloInstances");

    public async ValueTask InitializeAsync() => _service = new(await azurite.ConnectionStringAsync());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task WritesTheGoldenRows()
    {
        using var host = Ours(_ourCluster);
        await FillAsync(host.Table);

        Assert.Equal(Golden(_ourCluster), await RawAsync(_ourCluster));
    }

    [Fact]
    public async Task WritesWhatTheOriginalWrites()
    {
        using var ours = Ours(_ourCluster);
        using var theirs = Theirs(_theirCluster);
        await FillAsync(ours.Table);
        await FillAsync(theirs.Table);
        await ours.Table.UpdateIAmAliveAsync(Silo(1, alive: Now.AddHours(1)), Cancel);
        await theirs.Table.UpdateIAmAliveAsync(Silo(1, alive: Now.AddHours(1)), Cancel);

        var expected = (await RawAsync(_theirCluster)).Select(row => row.Replace(_theirCluster, _ourCluster, StringComparison.Ordinal));
        Assert.Equal(expected, await RawAsync(_ourCluster));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GoesOnFromWhatTheOtherProviderLeft(bool fromOriginal)
    {
        using var first = fromOriginal ? Theirs(_ourCluster) : Ours(_ourCluster);
        using var second = fromOriginal ? Ours(_ourCluster) : Theirs(_ourCluster);
        await FillAsync(first.Table);
        await second.Table.InitializeMembershipTableAsync(true, Cancel);

        var data = await second.Table.ReadAllAsync(Cancel);
        var silo = data.TryGet(Silo(1).SiloAddress)!.Item1;
        Assert.Equal((2, Now, SiloStatus.Active), (data.Version.Version, silo.IAmAliveTime, silo.Status));
        Assert.Equal(Silo(2).SuspectTimes, data.TryGet(Silo(2).SiloAddress)!.Item1.SuspectTimes);
        Assert.True(await second.Table.InsertRowAsync(Silo(3), data.Version.Next(), Cancel));
        Assert.Equal(3, (await first.Table.ReadAllAsync(Cancel)).Members.Count);
    }

    [Fact]
    public async Task ReadsTheGoldenRows_AlsoOfAnOlderProgram()
    {
        using var host = Ours(_ourCluster);
        await host.Table.InitializeMembershipTableAsync(false, Cancel);
        await Table.AddEntityAsync(new TableEntity(_ourCluster, "VersionRow") { ["DeploymentId"] = _ourCluster, ["MembershipVersion"] = "41" }, Cancel);
        await Table.AddEntityAsync(new TableEntity(_ourCluster, "10.0.0.7-11111-5")
        {
            ["Address"] = "10.0.0.7",
            ["Port"] = "11111",
            ["Generation"] = "5",
            ["HostName"] = "h",
            ["Status"] = "ShuttingDown",
            ["InstanceName"] = "old-name",
            ["StartTime"] = "2026-02-03 04:05:06.789 GMT",
            ["SuspectingSilos"] = "10.0.0.8:11111@6",
            ["SuspectingTimes"] = "2026-02-03 04:05:07.000 GMT",
        }, Cancel);

        var data = await host.Table.ReadAllAsync(Cancel);

        var (silo, _) = Assert.Single(data.Members);
        Assert.Equal((41, "old-name", SiloStatus.ShuttingDown, 0), (data.Version.Version, silo.SiloName, silo.Status, silo.ProxyPort));
        Assert.Equal((Now, default), (silo.StartTime, silo.IAmAliveTime));
        Assert.Equal(Tuple.Create(SiloAddress.New(IPAddress.Parse("10.0.0.8"), 11111, 6), new DateTime(2026, 2, 3, 4, 5, 7)), Assert.Single(silo.SuspectTimes!));
    }

    [Fact]
    public async Task LeavesOutARowThatNobodyCanRead()
    {
        using var host = Ours(_ourCluster);
        await FillAsync(host.Table);
        await Table.AddEntityAsync(new TableEntity(_ourCluster, "nonsense") { ["Address"] = "nowhere", ["Status"] = "Active", ["ProxyPort"] = "0" }, Cancel);

        Assert.Equal(2, (await host.Table.ReadAllAsync(Cancel)).Members.Count);
    }

    [Fact]
    public async Task TellsClientsOnlyTheActiveSilosWithAGateway()
    {
        using var host = Ours(_ourCluster);
        await FillAsync(host.Table);
        var noGateway = Silo(3);
        noGateway.ProxyPort = 0;
        await host.Table.InsertRowAsync(noGateway, (await host.Table.ReadAllAsync(Cancel)).Version.Next(), Cancel);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.UseOrleansClient(client => client
            .Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (_ourCluster, "storage-tests"))
            .UseAzureStorageClustering((AzureStorageGatewayOptions options) => options.TableServiceClient = _service));
        using var client = builder.Build();
        var gateways = client.Services.GetRequiredService<IGatewayListProvider>();

        await gateways.InitializeGatewayListProvider();

        Assert.Equal([new Uri("gwy.tcp://127.0.0.1:30001/1001")], await gateways.GetGateways());
    }

    private static MembershipEntry Silo(int number, DateTime? alive = null) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 11110 + number, 1000 + number),
        SiloName = $"silo-{number}",
        HostName = "host",
        Status = number == 2 ? SiloStatus.Dead : SiloStatus.Active,
        ProxyPort = 30000 + number,
        StartTime = Now.AddMinutes(-1),
        IAmAliveTime = alive ?? Now,
        SuspectTimes = number == 2
            ? [Tuple.Create(Silo(1).SiloAddress, new DateTime(2026, 2, 3, 4, 5, 7)), Tuple.Create(Silo(3).SiloAddress, new DateTime(2026, 2, 3, 4, 5, 8))]
            : null,
    };

    private static async Task FillAsync(IMembershipTable table)
    {
        await table.InitializeMembershipTableAsync(true, Cancel);
        Assert.True(await table.InsertRowAsync(Silo(1), (await table.ReadAllAsync(Cancel)).Version.Next(), Cancel));
        Assert.True(await table.InsertRowAsync(Silo(2), (await table.ReadAllAsync(Cancel)).Version.Next(), Cancel));
    }

    private static string[] Golden(string cluster) =>
    [
        $"""
        {cluster} | !Start
        DeploymentId String {cluster}
        MembershipVersion String 2
        """,
        $"""
        {cluster} | 127.0.0.1-11111-1001
        Address String 127.0.0.1
        DeploymentId String {cluster}
        FaultZone String 0
        Generation String 1001
        HostName String host
        IAmAliveTime String 2026-02-03 04:05:06.789 GMT
        InstanceName String silo-1
        Port String 11111
        ProxyPort String 30001
        SiloName String silo-1
        StartTime String 2026-02-03 04:04:06.789 GMT
        Status String Active
        SuspectingSilos String{" "}
        SuspectingTimes String{" "}
        UpdateZone String 0
        """,
        $"""
        {cluster} | 127.0.0.1-11112-1002
        Address String 127.0.0.1
        DeploymentId String {cluster}
        FaultZone String 0
        Generation String 1002
        HostName String host
        IAmAliveTime String 2026-02-03 04:05:06.789 GMT
        InstanceName String silo-2
        Port String 11112
        ProxyPort String 30002
        SiloName String silo-2
        StartTime String 2026-02-03 04:04:06.789 GMT
        Status String Dead
        SuspectingSilos String 127.0.0.1:11111@1001|127.0.0.1:11113@1003
        SuspectingTimes String 2026-02-03 04:05:07.000 GMT|2026-02-03 04:05:08.000 GMT
        UpdateZone String 0
        """,
        $"""
        {cluster} | VersionRow
        DeploymentId String {cluster}
        MembershipVersion String 2
        """,
        $"""
        {cluster} | ~End
        DeploymentId String {cluster}
        MembershipVersion String 2
        """,
    ];

    private MembershipHost Ours(string cluster) =>
        MembershipHost.Of(cluster, silo => silo.UseAzureStorageClustering((AzureStorageClusteringOptions options) => options.TableServiceClient = _service));

    private MembershipHost Theirs(string cluster) => MembershipHost.Of(cluster,
        silo => OfficialClustering.UseAzureStorageClustering(silo, (OfficialClusteringOptions options) => options.TableServiceClient = _service));

    private Task<string[]> RawAsync(string cluster) => RawRow.AllAsync(Table, TableClient.CreateQueryFilter($"PartitionKey eq {cluster}"));
}
