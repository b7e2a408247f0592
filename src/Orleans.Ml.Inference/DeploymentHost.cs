using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Inference;

/// <summary>
/// Lives a deployment's life once it has room: wait for a turn to load, load, serve and follow changes of its allocations, leave. One life is one
/// task, so the order of things can be read from top to bottom. Times: deployment-runtime.md §4.3, §4.5.
/// </summary>
internal sealed partial class DeploymentHost(
    IModelSource models, IModelWorkerFactory workers, TimeProvider time, InferenceMetrics metrics, ILogger logger) : IDisposable
{
    /// <summary>How long what waits may take to be served when a deployment drains.</summary>
    public static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(5);

    /// <summary>How long what runs may take when a deployment stops.</summary>
    public static readonly TimeSpan RunningLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long a worker may take to change its allocations.</summary>
    public static readonly TimeSpan ControlLimit = TimeSpan.FromSeconds(60);

    /// <summary>How long a model that cannot be reached now is left alone.</summary>
    public static readonly TimeSpan PauseBeforeAskingAgain = TimeSpan.FromSeconds(1);

    // Loads are heavy on disk, processor and memory: one at a time.
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly ConcurrentDictionary<string, LoadedModel> _serving = new(StringComparer.Ordinal);

    /// <summary>The model that serves a deployment, or did until it was told to leave; null when there is none.</summary>
    public LoadedModel? Find(string deploymentId) => _serving.GetValueOrDefault(deploymentId);

    /// <summary>From room to nothing left.</summary>
    /// <returns>Why it failed; null when it was told to leave.</returns>
    public async Task<string?> LiveAsync(NodeDeployment deployment, INode node)
    {
        LoadedModel model;
        try
        {
            model = await LoadAsync(deployment, node);
        }
        catch (OperationCanceledException) when (deployment.Stopping.IsCancellationRequested)
        {
            return null;
        }
#pragma warning disable CA1031 // Whatever keeps a model from loading is the reason of its failed route.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogLoadFailed(deployment.Parameters.DeploymentId, exception);
            return exception is MlException ? exception.Message : exception.GetBaseException().Message;
        }

        metrics.Show(model);
        _serving[model.DeploymentId] = model;
        node.OnLoaded(deployment, model);
        await FollowAsync(deployment, model, node);
        await LeaveAsync(deployment, model);
        _serving.TryRemove(new(model.DeploymentId, model));
        metrics.Hide(model);
        return model.Failure;
    }

    /// <inheritdoc/>
    public void Dispose() => _loading.Dispose();

    private async Task<LoadedModel> LoadAsync(NodeDeployment deployment, INode node)
    {
        while (true)
        {
            try
            {
                return await LoadInTurnAsync(deployment, node);
            }
            catch (MlException exception) when (exception.Kind == MlErrorKind.Unavailable)
            {
                // Without limit, because nobody else would ask again; behind the others, because theirs may be within reach (deployment-runtime.md §4.1).
                LogOutOfReach(deployment.Parameters.DeploymentId, exception.Message);
                await Task.Delay(PauseBeforeAskingAgain, time, deployment.Stopping);
            }
        }
    }

    private async Task<LoadedModel> LoadInTurnAsync(NodeDeployment deployment, INode node)
    {
        await _loading.WaitAsync(deployment.Stopping);
        try
        {
            var files = await models.FetchAsync(deployment.Parameters, deployment.Stopping);
            LoadedModel model;
            try
            {
                model = new(
                    deployment.Parameters, node.GrantedAllocations(deployment), files, workers, time, metrics, logger, () => node.OnModelChanged(deployment));
            }
            catch
            {
                await files.DisposeAsync();
                throw;
            }

            try
            {
                await model.StartAsync(deployment.Stopping);
                return model;
            }
            catch
            {
                await model.DisposeAsync();
                throw;
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    // Until it is told to leave, or its worker is given up.
    private async Task FollowAsync(NodeDeployment deployment, LoadedModel model, INode node)
    {
        var tried = default((int Allocations, int WorkerLife, long Plan));
        while (deployment.Stop == StopUrgency.None && model.Failure is null)
        {
            // A worker that refused is asked again by a newer plan or in another life, so that this cannot spin.
            var next = (Allocations: node.GrantedAllocations(deployment), model.WorkerLives, node.AppliedPlan);
            if (next.Allocations == model.Allocations || next == tried)
            {
                node.OnSettled(deployment);
                await deployment.WhenWokenAsync();
                continue;
            }

            tried = next;
            try
            {
                await model.SetAllocationsAsync(next.Allocations, deployment.Stopping).WaitAsync(ControlLimit, time, deployment.Stopping);
                node.OnModelChanged(deployment);
            }
            catch (OperationCanceledException) when (deployment.Stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The worker keeps what it has, and so does the ledger.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogAllocationsNotSet(model.DeploymentId, next.Allocations, exception);
            }
        }
    }

    private async Task LeaveAsync(NodeDeployment deployment, LoadedModel model)
    {
        model.Queue.Refuse();
        if (deployment.Stop == StopUrgency.Drain)
            await WithinAsync(model.Queue.WhenDrained, DrainLimit, deployment.Forced);
        model.Close();
        await WithinAsync(model.Queue.WhenIdle, RunningLimit, deployment.OutOfTime);
        try
        {
            await model.DisposeAsync();
        }
#pragma warning disable CA1031 // A worker or a file that resists must not keep the room of everything else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogLeftBehind(model.DeploymentId, exception);
        }
    }

    // Running out of time is no error here: what is still there then is refused or killed.
    private async Task WithinAsync(Task task, TimeSpan limit, CancellationToken hurry) =>
        await task.WaitAsync(limit, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model of deployment {DeploymentId} cannot be reached: {Reason}; it is asked for again")]
    private partial void LogOutOfReach(string deploymentId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deployment {DeploymentId} could not be loaded")]
    private partial void LogLoadFailed(string deploymentId, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The worker of deployment {DeploymentId} did not take {Allocations} allocations")]
    private partial void LogAllocationsNotSet(string deploymentId, int allocations, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deployment {DeploymentId} is gone, but its worker or its files did not go cleanly")]
    private partial void LogLeftBehind(string deploymentId, Exception exception);
}

/// <summary>What a life needs of its node.</summary>
internal interface INode
{
    /// <summary>Version of the newest plan the node has applied.</summary>
    long AppliedPlan { get; }

    /// <summary>How many allocations the deployment may run now: what the plan wants, as far as there is room.</summary>
    int GrantedAllocations(NodeDeployment deployment);

    /// <summary>It serves from now on.</summary>
    void OnLoaded(NodeDeployment deployment, LoadedModel model);

    /// <summary>Its worker is ready again, given up, or runs another number of allocations.</summary>
    void OnModelChanged(NodeDeployment deployment);

    /// <summary>Nothing is being changed about it: room above what its worker runs can go to others.</summary>
    void OnSettled(NodeDeployment deployment);
}
