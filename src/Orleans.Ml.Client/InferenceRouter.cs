using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Client;

/// <summary>Chooses a route from the local table and calls the node's façade directly: one hop.</summary>
internal sealed class InferenceRouter(RoutingCache cache, IGrainFactory grains, IOptions<RouterOptions> options) : IInferenceRouter
{
    private readonly RouterOptions _options = options.Value;

    /// <inheritdoc/>
    public ValueTask<Assignment> ResolveAsync(string id, CancellationToken cancellationToken) =>
        cache.Snapshot.Find(id, Random.Shared) is { Assignment: { State: AssignmentState.Started } assignment }
            ? ValueTask.FromResult(assignment)
            : ResolveSlowlyAsync(id, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<InferenceReply> InferAsync(Assignment deployment, InferenceInput input, CancellationToken cancellationToken)
    {
        var id = deployment.TaskParameters.DeploymentId;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(input.Timeout + _options.AnswerMargin);
        var tried = ImmutableHashSet<string>.Empty;
        InferenceReply? refused = null;
        for (var attempt = 0; ; attempt++)
        {
            var route = cache.Snapshot.Deployment(id)?.Choose(Random.Shared, tried);
            if (route is null)
                return refused ?? InferenceReply.Failed(MlErrorKind.Conflict, $"Trained model deployment [{id}] is not allocated to any nodes");
            var reply = await CallAsync(route, input, limit.Token, cancellationToken);
            var attempts = reply.Status switch
            {
                InferenceStatus.Rejected => 1 + _options.OtherRoutesWhenRejected,
                InferenceStatus.NotAllocatedHere => 2,
                _ => 1,
            };
            if (attempt + 1 >= attempts)
                return reply;
            refused = reply;
            tried = tried.Add(route.NodeId);
            if (reply.Status == InferenceStatus.NotAllocatedHere)
                await cache.RefreshAsync(limit.Token);
        }
    }

    private static async ValueTask<InferenceReply> CallAsync(RoutedNode route, InferenceInput input, CancellationToken limit, CancellationToken caller)
    {
        route.Load.Begin();
        try
        {
            var reply = await route.Grain.InferAsync(input, limit);
            route.Load.Observe(reply.QueueDepth);
            return reply;
        }
        catch (Exception exception) when (exception is SiloUnavailableException or OrleansMessageRejectionException)
        {
            return InferenceReply.NotAllocatedHere($"Node [{route.NodeId}] is not available");
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return InferenceReply.TimedOut($"timeout [{(long)input.Timeout.TotalMilliseconds}ms] waiting for inference result from node [{route.NodeId}]");
        }
        finally
        {
            route.Load.End();
        }
    }

    /// <summary>The local table does not know the id as started: ask the cluster before saying so.</summary>
    private async ValueTask<Assignment> ResolveSlowlyAsync(string id, CancellationToken cancellationToken)
    {
        var snapshot = await cache.RefreshAsync(cancellationToken);
        if (snapshot.Find(id, Random.Shared)?.Assignment is { } assignment)
        {
            return assignment.State is AssignmentState.Started or AssignmentState.Starting
                ? assignment
                : throw new MlException(MlErrorKind.Conflict,
                    $"Trained model deployment [{assignment.TaskParameters.DeploymentId}] is [{(assignment.State == AssignmentState.Stopping ? "stopping" : "failed")}]");
        }

        throw await grains.GetGrain<ITrainedModelGrain>(id).GetAsync() is null
            ? new MlException(MlErrorKind.NotFound, $"No known trained model with model_id [{id}]")
            : new MlException(MlErrorKind.Conflict, $"Trained model [{id}] must be deployed to use. Please deploy with the start trained model deployment API.");
    }
}
