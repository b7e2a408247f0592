using System.Net;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Deployments;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class ExplanationEndpointsTests : IAsyncLifetime
{
    private const string Start = "/_ml/trained_models/m/deployment/_start";
    private const string Explain = "/_ml/trained_models/m/deployment/_explain";

    private static readonly PlacementExplanation Short = new(
        "m",
        4,
        1,
        [new("node-1", ScarceResource.Processors, 3, 1, 2), new("node-2", ScarceResource.Memory, 100, 40, 90)],
        new SmallestChange(1, 1, 6, 500),
        [new("node-1", 1, 3, 1, 2, 1000, 400, 0), new("node-2", 0, 8, 8, 2, 100, 40, 90)],
        []);

    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Explain_SaysWhatRuns_WhatIsMissingWhere_AndWhatWouldHelp()
    {
        await _api.SendAsync("POST", Start + "?number_of_allocations=4");
        _api.Cluster.Placement.Explanation = Short;
        var deployment = _api.Cluster.Deployment("m");
        var assignment = Given.Assignment(
            deployment.Asked!,
            AssignmentState.Started,
            ("node-1", new(1, 1, RoutingState.Started)),
            ("node-9", new(1, 1, RoutingState.Failed, "crashed")));
        deployment.Assignment = assignment with { Reason = "two are missing" };

        var answer = await _api.SendAsync("GET", Explain);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Golden.Equal("explain.json", answer.Body);
    }

    [Fact]
    public async Task Explain_SaysThatNothingHasToChange()
    {
        await _api.SendAsync("POST", Start);
        _api.Cluster.Placement.Explanation = Short with { NumberOfAllocations = 2, Nodes = [], SmallestChange = SmallestChange.None, FitsNow = true };

        var json = (await _api.SendAsync("GET", Explain)).Json;

        Assert.Equal(1, json.GetProperty("unplaced_allocations").GetInt32());
        Assert.Contains("next plan", json.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("null", json.GetProperty("smallest_change").GetRawText());
    }

    [Theory]
    [InlineData(Explain)]
    [InlineData("/_ml/trained_models/a*/deployment/_explain")]
    public async Task Explain_Is404_WhenThereIsNoSuchDeployment(string uri)
    {
        var answer = await _api.SendAsync("GET", uri);

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
    }

    [Fact]
    public async Task ADryRun_ShowsThePlan_AndStartsNothing()
    {
        var deployment = _api.Cluster.Deployment("d");
        deployment.OnPropose = asked => Task.FromResult(new PlacementExplanation(
            asked.DeploymentId, 2, 2, [], SmallestChange.None, [new("node-1", 2, 4, 0, 2, 1000, 400, 0)], ["low"]));

        var answer = await _api.SendAsync("POST", Start + "?dry_run=true&deployment_id=d&number_of_allocations=2&threads_per_allocation=2");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Golden.Equal("dry-run.json", answer.Body);
        Assert.Equal((new StartDeployment("m", "d", 2, 2), null), (deployment.Proposed, deployment.Asked));
    }

    [Fact]
    public async Task ADryRun_IsRefusedAsTheStartWouldBe()
    {
        _api.Cluster.Deployment("m").OnPropose = _ => throw new MlException(MlErrorKind.NoCapacity, "no room", new(MlErrorKind.NoCapacity, "node-1: 0 processors"));

        var answer = await _api.SendAsync("POST", Start + "?dry_run");
        var wrong = await _api.SendAsync("POST", Start + "?dry_run=true&threads_per_allocation=3");

        Assert.Equal((HttpStatusCode.TooManyRequests, "status_exception", "no room"), (answer.Status, answer.ErrorType, answer.Reason));
        Assert.Equal((HttpStatusCode.BadRequest, "action_request_validation_exception"), (wrong.Status, wrong.ErrorType));
    }

    [Fact]
    public async Task AStart_IsNoDryRun_WhenThatIsFalse()
    {
        await _api.SendAsync("POST", Start + "?dry_run=false");

        Assert.NotNull(_api.Cluster.Deployment("m").Asked);
    }
}
