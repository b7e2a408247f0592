using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Client;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Placement;
using Orleans.Ml.Testing;
using Orleans.TestingHost;

namespace Orleans.Ml.Grains.Tests;

/// <summary>Nodes come and go; each test has a cluster of its own, with storage that outlives its silos.</summary>
public sealed class NodeLossTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("orleans-ml-loss-").FullName;
    private InProcessTestCluster _cluster = null!;
    private InProcessSiloHandle? _again;

    private IRoutingGrain Routing => _cluster.Client.GetGrain<IRoutingGrain>(IRoutingGrain.Key);

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_again is not null)
            await _again.DisposeAsync();
        await _cluster.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task ServesOn_WhenANodeIsKilled_AndWithAllOfItWhenItIsBack()
    {
        await StartAsync(silos: 2, allocations: 20);
        var lost = _cluster.Silos.Single(s => s.Name == "Silo_1");
        await _cluster.KillSiloAsync(lost, ClusterFixture.Cancellation);

        var left = await WaitForAsync(a => a.RoutingTable.Keys.SequenceEqual(["Silo_0"]) && a.AllocationCount == 12);
        Assert.Contains("[Silo_0]", left.Reason, StringComparison.Ordinal);
        Assert.True((await InferAsync()).IsOk);

        _again = await _cluster.StartSiloAsync(1, _cluster.Options, ClusterFixture.Cancellation);

        Assert.Null((await WaitForAsync(a => a.AllocationCount == 20)).Reason);
        Assert.True((await InferAsync()).IsOk);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FailsNoRequest_WhenOneOfTwoNodesGoes(bool isKilled)
    {
        await StartAsync(silos: 2, allocations: 20);
        var leaving = _cluster.Silos.Single(s => s.Name == "Silo_1");

        var leave = isKilled ? _cluster.KillSiloAsync(leaving, ClusterFixture.Cancellation) : _cluster.StopSiloAsync(leaving, ClusterFixture.Cancellation);
        var replies = new List<InferenceReply>();
        while (!leave.IsCompleted)
            replies.AddRange(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => InferAsync())));
        await leave;
        replies.AddRange(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => InferAsync())));

        Assert.Empty(replies.Where(r => !r.IsOk).Select(r => $"{r.Status} {r.ErrorKind} {r.Reason}").Distinct());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ComesBackByItself_WhenTheOnlyNodeIsStartedAgain(bool isKilled)
    {
        await StartAsync(silos: 1, allocations: 2);
        var only = Assert.Single(_cluster.Silos);
        var before = (await _cluster.Client.GetGrain<IDeploymentGrain>("m").GetAsync())!;
        if (isKilled)
            await _cluster.KillSiloAsync(only, ClusterFixture.Cancellation);
        else
            await _cluster.StopSiloAsync(only, ClusterFixture.Cancellation);
        _again = await _cluster.StartSiloAsync(0, _cluster.Options, ClusterFixture.Cancellation);

        // Until the node has loaded the model again its routes are what the durable copy says: only an answer tells that it has.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ClusterFixture.Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!(await InferAsync()).IsOk)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        var after = await WaitForAsync(a => a.AllocationCount == 2);
        Assert.Equal((before.Incarnation, before.StartTime), (after.Incarnation, after.StartTime));
    }

    private async Task StartAsync(short silos, int allocations)
    {
        _cluster = ClusterFixture.Build(silos, new FakeModelSource(), _data, silo => silo.AddSqliteGrainStorage(_data));
        await _cluster.DeployAsync();
        var model = _cluster.Client.GetGrain<ITrainedModelGrain>("m");
        await model.CreateAsync(ClusterFixture.Config("m"));
        await model.AddPartAsync("1", new DefinitionPart(0, 1, 100, 100, "part-0"));
        // 400 processors a node: 12 of these fit.
        await _cluster.Client.GetGrain<IDeploymentGrain>("m").StartAsync(new StartDeployment("m", "m", allocations, 32));
        await WaitForAsync(a => a.AllocationCount == allocations);
    }

    private Task<Assignment> WaitForAsync(Func<Assignment, bool> isWanted) => Routing.WaitForAsync("m", isWanted);

    private async Task<InferenceReply> InferAsync()
    {
        var router = (_again ?? _cluster.Silos[0]).ServiceProvider.GetRequiredService<IInferenceRouter>();
        return await router.InferAsync(
            await router.ResolveAsync("m", ClusterFixture.Cancellation), new InferenceInput(["one two"], null, TimeSpan.FromSeconds(10)), ClusterFixture.Cancellation);
    }
}
