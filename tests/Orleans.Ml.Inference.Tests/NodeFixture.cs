using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Inference.Tests;

/// <summary>A node whose models, workers and clock its test drives.</summary>
internal sealed class NodeFixture : IAsyncDisposable
{
    private readonly TestMeters _meters = new();

    public NodeFixture(int processors = 4, long memoryBytes = long.MaxValue, bool answersByItself = false, bool getsReadyByItself = true)
    {
        Workers = new() { AnswersByItself = answersByItself, GetsReadyByItself = getsReadyByItself };
        Runtime = new(
            new NodeOptions { NodeId = Given.NodeId, AllocatedProcessors = processors, MemoryBytes = memoryBytes, ProductVersion = "1.2.3" },
            Workers,
            Source,
            Time,
            NullLoggerFactory.Instance,
            new InferenceMetrics(_meters));
        Runtime.BeginEpoch(Given.Epoch, "127.0.0.1:1");
    }

    public NodeRuntime Runtime { get; }

    public FakeWorkerFactory Workers { get; }

    public FakeModelSource Source { get; } = new();

    public TestTime Time { get; } = new();

    public double ProcessorsUsed => _meters.Shown("ml.node.processors.used");

    public double MemoryUsed => _meters.Shown("ml.node.memory.used");

    public TargetDecision Apply(long plan, params DeploymentTarget[] deployments) => Runtime.Apply(Given.Target(plan, deployments));

    /// <summary>Applies a plan with one deployment and waits until it serves.</summary>
    public async Task<FakeWorker> ServeAsync(long plan, DeploymentTarget deployment)
    {
        Apply(plan, deployment);
        var worker = await Workers.NextAsync();
        await WaitForAsync(deployment.Parameters.DeploymentId, RoutingState.Started);
        return worker;
    }

    public Task<InferenceReply> InferAsync(string id, params string[] texts) => Runtime.InferAsync(id, Given.Texts(texts), CancellationToken.None).Soon();

    /// <summary>Puts a document into the worker.</summary>
    public async Task<(Task<InferenceReply> Reply, WorkerRequest Request)> RunAsync(FakeWorker worker, string id = "d", string text = "one")
    {
        var reply = InferAsync(id, text);
        return (reply, await worker.ReceiveAsync());
    }

    public Task<RouteReport> WaitForAsync(string id, RoutingState state, long incarnation = 1) =>
        WaitForAsync(r => r.DeploymentId == id && r.Incarnation == incarnation && r.Route.State == state, $"[{id}] {state}");

    public async Task<RouteReport> WaitForAsync(Predicate<RouteReport> condition, string expected)
    {
        using var patience = new CancellationTokenSource(Given.Patience);
        try
        {
            await foreach (var routes in Runtime.WatchRoutesAsync(patience.Token))
            {
                foreach (var route in routes)
                {
                    if (condition(route))
                        return route;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"expected {expected}, the routes are: {string.Join("; ", Runtime.GetRoutes())}");
        }

        throw new InvalidOperationException("the stream of routes has ended");
    }

    public RouteReport? Find(string id, long incarnation = 1) =>
        Runtime.GetRoutes().SingleOrDefault(r => r.DeploymentId == id && r.Incarnation == incarnation);

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        _meters.Dispose();
    }
}
