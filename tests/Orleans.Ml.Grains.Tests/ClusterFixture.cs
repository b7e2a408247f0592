using Microsoft.Extensions.DependencyInjection;
using Orleans.Ml.Client;
using Orleans.Ml.Deployments;
using Orleans.Ml.Grains.Tests;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Testing;
using Orleans.Storage;
using Orleans.TestingHost;

[assembly: AssemblyFixture(typeof(ClusterFixture))]

namespace Orleans.Ml.Grains.Tests;

/// <summary>Two silos in this process with fake workers, shared by all tests; each uses ids of its own. Storage can be told to fail.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    /// <summary>Tests that let the one plan fail, or hold up models, run one after the other.</summary>
    public const string OnePlan = "one plan";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static volatile Interception? _interception;

    private readonly string _data = Directory.CreateTempSubdirectory("orleans-ml-grains-").FullName;

    public InProcessTestCluster Cluster { get; private set; } = null!;

    public IGrainFactory Grains => Cluster.Client;

    /// <summary>The router of the first silo.</summary>
    public IInferenceRouter Router => Cluster.Silos[0].ServiceProvider.GetRequiredService<IInferenceRouter>();

    public FakeModelSource Models { get; } = new();

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Cluster = Build(2, Models, _data);
        await Cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    /// <param name="silos">How many.</param>
    /// <param name="models">Where they get their models.</param>
    /// <param name="data">A folder for the model store.</param>
    /// <param name="storage">What keeps the grains' state; by default the silos themselves, and it can be told to fail.</param>
    /// <param name="configure">What a silo of that name is.</param>
    internal static InProcessTestCluster Build(
        short silos, FakeModelSource models, string data, Action<ISiloBuilder>? storage = null, Action<string, NodeOptions>? configure = null)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureClient(client => client.Services.AddOrleansMlClient());
        builder.ConfigureSilo((options, silo) =>
        {
            (storage ?? AddFailingStorage)(silo);
            silo.Services.AddFileModelStore(data);
            silo.Services.AddSingleton<IModelSource>(models);
            silo.Services.AddFakeWorkers(new FakeWorkerFactory { AnswersByItself = true });
            silo.AddOrleansMl(node =>
            {
                (node.AllocatedProcessors, node.MemoryBytes) = (400, 400 * Given.Gigabyte);
                configure?.Invoke(options.SiloName, node);
            });
            silo.Services.AddOrleansMlClient();
            silo.AddIncomingGrainCallFilter(async call =>
            {
                if (_interception is { } interception && interception.Applies(call))
                    await interception.Instead(call);
                else
                    await call.Invoke();
            });
        });
        return builder.Build();
    }

    /// <summary>Puts something in the place of some calls, until it is disposed.</summary>
    public static IDisposable Intercept(Func<IIncomingGrainCallContext, bool> applies, Func<IIncomingGrainCallContext, Task> instead) =>
        _interception = new Interception(applies, instead);

    /// <summary>For an interception: a call that does not return before the interception ends. For ever would be too long: no activation ends with a call in it.</summary>
    public static Task HangAsync() => _interception?.Ended.Task ?? Task.CompletedTask;

    private static void AddFailingStorage(ISiloBuilder silo)
    {
        silo.AddFaultInjectionMemoryStorage("Default", memory => memory.Configure<OrleansGrainStorageSerializer>((options, serializer) => options.GrainStorageSerializer = serializer));
        silo.Services.AddSingleton<OrleansGrainStorageSerializer>();
        silo.Services.AddSingleton(services => services.GetRequiredKeyedService<IGrainStorage>("Default"));
    }

    public IDeploymentGrain Deployment(string id) => Grains.GetGrain<IDeploymentGrain>(id);

    public ITrainedModelGrain Model(string id) => Grains.GetGrain<ITrainedModelGrain>(id);

    /// <summary>A model with a definition of one part and a vocabulary, as far as its record says.</summary>
    public async Task CreateModelAsync(string id)
    {
        await Model(id).CreateAsync(Config(id));
        await Model(id).AddPartAsync("1", new DefinitionPart(0, 1, 100, 100, "part-0"));
        await Model(id).SetVocabularyAsync("1", "vocabulary");
    }

    public static TrainedModelConfig Config(string id) => new(
        id, "1", null, [], null, ["text_field"], new PassThroughConfig(new Tokenization(), null), DateTimeOffset.UnixEpoch, 0, 0, null, null, 0, 0);

    public async Task<Assignment> StartAsync(string id, int allocations = 1, int threads = 1)
    {
        var started = await Deployment(id).StartAsync(new StartDeployment(id, id, allocations, threads));
        return (await WaitAsync(id, WaitGoal.FullyAllocated, started.Incarnation)).Assignment!;
    }

    public async Task StopAsync(string id)
    {
        var assignment = await Deployment(id).GetAsync();
        await Deployment(id).StopAsync(StopMode.Forced, "test");
        await WaitAsync(id, WaitGoal.Gone, assignment!.Incarnation);
    }

    /// <summary>Waits in slices, as the API does.</summary>
    public async Task<WaitResult> WaitAsync(string id, WaitGoal goal, long incarnation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        while (true)
        {
            var result = await Deployment(id).WaitForAsync(goal, incarnation, TimeSpan.FromSeconds(3), Cancellation);
            if (result.Outcome != WaitOutcome.Waiting)
                return result;
            Assert.False(limit.IsCancellationRequested, $"{id} did not reach {goal}: {result.Assignment}");
        }
    }

    private sealed record Interception(Func<IIncomingGrainCallContext, bool> Applies, Func<IIncomingGrainCallContext, Task> Instead) : IDisposable
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose()
        {
            _interception = null;
            Ended.TrySetResult();
        }
    }
}
