using System.Net;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class DeploymentEndpointsTests : IAsyncLifetime
{
    private const string Start = "/_ml/trained_models/m/deployment/_start";
    private const string Stop = "/_ml/trained_models/m/deployment/_stop";

    private readonly ArmedTime _time = new();
    private ApiHost _api = null!;

    private FakeDeploymentGrain Deployment => _api.Cluster.Deployment("m");

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(_time);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Start_AnswersTheAssignment()
    {
        var answer = await _api.SendAsync("POST", Start + "?number_of_allocations=2&cache_size=10MB&wait_for=fully_allocated&timeout=60s");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Golden.Equal("start.json", answer.Body);
    }

    [Fact]
    public async Task Start_HasTheDefaultsOfTheDocumentation()
    {
        await _api.SendAsync("POST", Start);

        Assert.Equal(new StartDeployment("m", "m", 1, 1, 1024, null, null, Priority.Normal), Deployment.Asked);
    }

    [Fact]
    public async Task Start_HasTheDefaultsAndLimitsOfTheOptions_WhenTheHostSetsThem()
    {
        await using var api = await ApiHost.StartAsync(configure: options =>
            (options.Start.QueueCapacity, options.Start.MaxQueueCapacity, options.Start.MaxThreadsPerAllocation) = (10_000, 100_000, 8));

        var refusal = await api.SendAsync("POST", Start + "?queue_capacity=100001&threads_per_allocation=16");
        await api.SendAsync("POST", Start);

        Assert.Contains("less than or equal to 100000", refusal.Reason, StringComparison.Ordinal);
        Assert.Contains("less than or equal to 8", refusal.Reason, StringComparison.Ordinal);
        Assert.Equal(10_000, api.Cluster.Deployment("m").Asked!.QueueCapacity);
    }

    [Fact]
    public async Task Start_ReadsTheBody_AndTheQueryWins()
    {
        var body = """
            {"model_id":"m","deployment_id":"ignored","number_of_allocations":"4","threads_per_allocation":2.0,"queue_capacity":5,"cache_size":0,"priority":"NORMAL",
             "timeout":"1m","wait_for":"Starting","adaptive_allocations":null}
            """;

        await _api.SendAsync("POST", Start + "?queue_capacity=7&deployment_id=d&priority=normal", body);

        Assert.Null(Deployment.Asked);
        Assert.Equal(new StartDeployment("m", "d", 4, 2, 7, 0, "0"), _api.Cluster.Deployment("d").Asked);
    }

    [Fact]
    public async Task Start_TakesDeprecatedMembersWithAWarning()
    {
        var answer = await _api.SendAsync("POST", Start, """{"model_threads":3,"inference_threads":2}""");

        Assert.Equal(new StartDeployment("m", "m", 3, 2), Deployment.Asked);
        Assert.Contains("[model_threads] used, expected [number_of_allocations]", answer.Headers["Warning"], StringComparison.Ordinal);
        Assert.StartsWith("299 Elasticsearch-9.2.0-", answer.Headers["Warning"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("_all")]
    public async Task Refuses_AnIdThatNoPathCanName(string id)
    {
        var refusal = await _api.SendAsync("POST", $"{Start}?deployment_id={id}");

        Assert.Equal(HttpStatusCode.BadRequest, refusal.Status);
        Assert.Contains($"[deployment_id] must not be [{id}]", refusal.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"adaptive_allocations":{"enabled":false}}""")]
    [InlineData("""{"adaptive_allocations":{"enabled":false,"min_number_of_allocations":1,"max_number_of_allocations":null}}""")]
    public async Task Start_TakesAdaptiveAllocations_WhileTheyAreOff(string body)
    {
        var answer = await _api.SendAsync("POST", Start, body);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Fact]
    public async Task Start_DoesNotWait_WhenStartingIsEnough()
    {
        Deployment.OnWait = (_, _, _) => throw new InvalidOperationException("nobody should wait");

        var answer = await _api.SendAsync("POST", Start + "?wait_for=starting");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Fact]
    public async Task Start_PassesARefusalOn()
    {
        Deployment.OnStart = _ => throw new MlException(MlErrorKind.NoCapacity, "no node has room", new(MlErrorKind.BadRequest, "node-1: 0 processors"));

        var answer = await _api.SendAsync("POST", Start);

        Assert.Equal((HttpStatusCode.TooManyRequests, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Equal("node-1: 0 processors", answer.Json.GetProperty("error").GetProperty("caused_by").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Start_WaitsInSlicesOfThreeSeconds_AndGoesOnAfterALostOne()
    {
        var slices = new List<TimeSpan>();
        Deployment.OnWait = (goal, slice, _) =>
        {
            slices.Add(slice);
            Assert.Equal(WaitGoal.Started, goal);
            _time.Advance(slices.Count == 1 ? slice : TimeSpan.Zero);
            return slices.Count switch
            {
                1 => Task.FromResult(Given.Wait(WaitOutcome.Waiting)),
                2 => throw new SiloUnavailableException(),
                _ => Task.FromResult(Given.Wait(WaitOutcome.Reached, Deployment.Assignment)),
            };
        };

        var call = _api.SendAsync("POST", Start + "?timeout=10s");
        await _time.TimerOf(TimeSpan.FromMilliseconds(200));
        _time.Advance(TimeSpan.FromMilliseconds(200));
        var answer = await call.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(3, slices.Count);
        Assert.All(slices, s => Assert.True(s <= TimeSpan.FromSeconds(3), $"{s}"));
    }

    [Fact]
    public async Task Start_Is408AndGoesOn_WhenTheTimeIsOver()
    {
        Deployment.OnWait = (_, slice, _) =>
        {
            _time.Advance(slice);
            return Task.FromResult(Given.Wait(WaitOutcome.Waiting));
        };

        var answer = await _api.SendAsync("POST", Start + "?timeout=7s");

        Assert.Equal((HttpStatusCode.RequestTimeout, "model_deployment_timeout_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("[7s]", answer.Reason, StringComparison.Ordinal);
        Assert.Contains("[m]", answer.Reason, StringComparison.Ordinal);
        Assert.NotNull(Deployment.Assignment);
        Assert.Equal(StopMode.None, Deployment.Stopped);
    }

    [Fact]
    public async Task Start_RemovesTheDeployment_WhenARouteFailed()
    {
        Deployment.OnWait = (goal, _, _) => Task.FromResult(goal == WaitGoal.Gone
            ? Given.Wait(WaitOutcome.Reached)
            : Given.Wait(WaitOutcome.Failed, Deployment.Assignment, ("node-1", "not a TorchScript archive"), ("node-2", "no vocabulary")));

        var answer = await _api.SendAsync("POST", Start);

        Assert.Equal((HttpStatusCode.InternalServerError, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("{node-1=not a TorchScript archive, node-2=no vocabulary}", answer.Reason, StringComparison.Ordinal);
        Assert.Equal(StopMode.Forced, Deployment.Stopped);
    }

    [Fact]
    public async Task Start_LeavesALaterDeploymentOfItsIdAlone_WhenARouteFailed()
    {
        Deployment.OnWait = (goal, _, _) =>
        {
            // Somebody stopped the one that failed and started it again before it could be removed.
            Deployment.Assignment = Deployment.Assignment! with { Incarnation = 8 };
            return Task.FromResult(goal == WaitGoal.Gone ? Given.Wait(WaitOutcome.Reached) : Given.Wait(WaitOutcome.Failed, Deployment.Assignment, ("node-1", "crashed")));
        };

        var answer = await _api.SendAsync("POST", Start);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.Status);
        Assert.Equal((8, StopMode.None), (Deployment.Assignment!.Incarnation, Deployment.Stopped));
    }

    [Fact]
    public async Task Start_Is400_WhenTheDeploymentWasRemovedMeanwhile()
    {
        Deployment.OnWait = (_, _, _) => Task.FromResult(Given.Wait(WaitOutcome.Removed));

        var answer = await _api.SendAsync("POST", Start);

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("removed", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_GoesOn_WhenTheCallerGoesAway()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Deployment.OnWait = async (_, _, cancellationToken) =>
        {
            cancellationToken.Register(gone.SetResult);
            waiting.SetResult();
            await gone.Task;
            throw new OperationCanceledException(cancellationToken);
        };
        using var caller = new CancellationTokenSource();
        var call = _api.Client.PostAsync(new Uri(Start, UriKind.Relative), null, caller.Token);
        await waiting.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        await caller.CancelAsync();

        await gone.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.NotNull(Deployment.Assignment);
        Assert.Equal(StopMode.None, Deployment.Stopped);
    }

    [Fact]
    public async Task Start_Is404_WhenTheIdCannotBeAModel()
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/No%2FModel/deployment/_start");

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("[No/Model]", answer.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null, StopMode.Forced)]
    [InlineData("?force=true", null, StopMode.Forced)]
    [InlineData("", """{"id":"m","force":true,"allow_no_match":false}""", StopMode.Forced)]
    [InlineData("", """{"model_id":"m","finish_pending_work":true}""", StopMode.Drain)]
    [InlineData("?finish_pending_work=false", """{"finish_pending_work":true}""", StopMode.Forced)]
    public async Task Stop_StopsAndWaitsUntilItIsGone(string query, string? body, StopMode expected)
    {
        await _api.SendAsync("POST", Start);
        WaitGoal? waited = null;
        Deployment.OnWait = (goal, _, _) =>
        {
            waited = goal;
            return Task.FromResult(Given.Wait(WaitOutcome.Reached));
        };

        var answer = await _api.SendAsync("POST", Stop + query, body);

        Assert.Equal((HttpStatusCode.OK, """{"stopped":true}"""), (answer.Status, answer.Body));
        Assert.Equal((expected, WaitGoal.Gone), (Deployment.Stopped, waited));
    }

    [Theory]
    [InlineData(Stop)]
    [InlineData("/_ml/trained_models/a*,b/deployment/_stop")]
    public async Task Stop_IsDone_WhenThereIsNoSuchDeployment(string uri)
    {
        var answer = await _api.SendAsync("POST", uri);

        Assert.Equal((HttpStatusCode.OK, """{"stopped":true}"""), (answer.Status, answer.Body));
    }

    [Theory]
    [InlineData("?allow_no_match=false", null)]
    [InlineData("", """{"allow_no_match":false}""")]
    public async Task Stop_Is404_WhenThereIsNoSuchDeploymentAndThatMatters(string query, string? body)
    {
        var answer = await _api.SendAsync("POST", Stop + query, body);

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
    }

    [Fact]
    public async Task Stop_Is500AndAsksAgain_WhenItIsNotGoneInTime()
    {
        await _api.SendAsync("POST", Start);
        Deployment.OnWait = (_, slice, _) =>
        {
            _time.Advance(slice);
            return Task.FromResult(Given.Wait(WaitOutcome.Waiting));
        };

        var answer = await _api.SendAsync("POST", Stop);

        Assert.Equal((HttpStatusCode.InternalServerError, "exception"), (answer.Status, answer.ErrorType));
        Assert.Contains("stop it again", answer.Reason, StringComparison.Ordinal);
    }
}
