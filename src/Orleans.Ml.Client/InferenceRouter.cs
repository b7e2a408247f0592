using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Options;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Orleans.Ml.Client;

/// <summary>Chooses a route from the local table and calls the node's façade directly: one hop.</summary>
internal sealed class InferenceRouter(RoutingCache cache, AliasCache aliases, IGrainFactory grains, GatewayLosses gateways, IOptions<RouterOptions> options)
    : IInferenceRouter
{
    /// <summary>Timers cannot wait longer.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    /// <summary>Between two attempts to reach nodes that cannot be reached.</summary>
    private static readonly TimeSpan ReachPause = TimeSpan.FromMilliseconds(50);

    private readonly RouterOptions _options = options.Value;

    // Only readings: a grain that was lost with its silo is elsewhere in a moment.
    private readonly ResiliencePipeline _untilAnswered = new ResiliencePipelineBuilder()
        .AddTimeout(options.Value.ResolveLimit)
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<OrleansException>().Handle<TimeoutException>(),
            MaxRetryAttempts = int.MaxValue,
            Delay = TimeSpan.FromSeconds(0.1),
            MaxDelay = TimeSpan.FromSeconds(1),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();

    /// <inheritdoc/>
    public ValueTask<Assignment> ResolveAsync(string id, CancellationToken cancellationToken) =>
        cache.Snapshot.Find(aliases.ModelOf(id) ?? id, Random.Shared) is { Assignment: { State: AssignmentState.Started } assignment }
            ? ValueTask.FromResult(assignment)
            : ResolveSlowlyAsync(id, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<InferenceReply> InferAsync(Assignment deployment, InferenceInput input, CancellationToken cancellationToken)
    {
        var id = deployment.TaskParameters.DeploymentId;
        var startedAt = Stopwatch.GetTimestamp();
        var asked = input;
        var (tried, unreached) = (ImmutableHashSet<string>.Empty, ImmutableHashSet<string>.Empty);
        var (rejections, moves) = (0, 0);
        InferenceReply? refused = null, full = null;
        while (true)
        {
            var route = Choose(id, unreached.IsEmpty ? tried : tried.Union(unreached));
            // All that can be reached are full: the caller is not held up for the others.
            if (route is null && full is not null)
                return full;
            if (route is null && !unreached.IsEmpty)
            {
                // In a moment the way there is free again, or the node known to be gone: a silo that dies takes a part of the grain directory with it.
                await Task.Delay(ReachPause, TimeProvider.System, cancellationToken);
                unreached = unreached.Clear();
                route = Choose(id, tried);
            }

            if (route is null && refused?.Status == InferenceStatus.NotAllocatedHere)
            {
                // The table may be behind. Asked only when it knows no other way, so that nobody waits for it who has one.
                await cache.TryRefreshAsync(cancellationToken);
                route = Choose(id, tried);
            }

            if (route is null)
                return refused ?? InferenceReply.Failed(MlErrorKind.Conflict, $"Trained model deployment [{id}] is not allocated to any nodes");
            if (refused is not null && input.Timeout != Timeout.InfiniteTimeSpan)
            {
                asked = input with { Timeout = input.Timeout - Stopwatch.GetElapsedTime(startedAt) };
                if (asked.Timeout <= TimeSpan.Zero)
                    return TimedOut(route, input);
            }

            var (reply, wasReached) = await CallAsync(route, asked, cancellationToken);
            var goesOn = reply.Status switch
            {
                InferenceStatus.Rejected => rejections++ < _options.OtherRoutesWhenRejected,
                InferenceStatus.NotAllocatedHere when !wasReached => Stopwatch.GetElapsedTime(startedAt) < _options.ReachLimit,
                InferenceStatus.NotAllocatedHere => moves++ < 1,
                _ => false,
            };
            if (!goesOn)
                return reply;
            refused = reply;
            if (reply.Status == InferenceStatus.Rejected)
                full = reply;
            if (wasReached)
                tried = tried.Add(route.NodeId);
            else
                unreached = unreached.Add(route.NodeId);
        }
    }

    private RoutedNode? Choose(string deploymentId, ImmutableHashSet<string> tried) => cache.Snapshot.Deployment(deploymentId)?.Choose(Random.Shared, tried);

    /// <returns>The reply, and whether the node may have got the request: if not, it can be repeated as often as one likes.</returns>
    private async ValueTask<(InferenceReply Reply, bool WasReached)> CallAsync(RoutedNode route, InferenceInput input, CancellationToken caller)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(caller, route.Gone);
        if (input.Timeout != Timeout.InfiniteTimeSpan)
            limit.CancelAfter((input.Timeout < LongestTimer ? input.Timeout : LongestTimer) + _options.AnswerMargin);
        route.Load.Begin();
        try
        {
            InferenceReply reply;
            var losses = gateways.Count;
            try
            {
                reply = await route.Grain.InferAsync(input, limit.Token);
            }
            catch (SiloUnavailableException) when (gateways.Count != losses && !limit.IsCancellationRequested)
            {
                // Lost with its gateway, while the node may be well: asked once more, through another one. An inference may run twice.
                reply = await route.Grain.InferAsync(input, limit.Token);
            }

            route.Load.Observe(reply);
            return (reply, true);
        }
        catch (SiloUnavailableException)
        {
            // Lost while it worked: then it is done again elsewhere.
            return (Lost(route), true);
        }
        catch (OrleansException)
        {
            // Rejected on the way, or without a silo to place the call on.
            return (Lost(route), false);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return (route.Gone.IsCancellationRequested ? Lost(route) : TimedOut(route, input), true);
        }
        finally
        {
            route.Load.End();
        }
    }

    private static InferenceReply Lost(RoutedNode route)
    {
        var reply = InferenceReply.NotAllocatedHere($"Node [{route.NodeId}] is not available") with { ErrorKind = MlErrorKind.Unavailable };
        route.Load.Observe(reply);
        return reply;
    }

    private static InferenceReply TimedOut(RoutedNode route, InferenceInput input) =>
        InferenceReply.TimedOut($"timeout [{(long)input.Timeout.TotalMilliseconds}ms] waiting for inference result from node [{route.NodeId}]");

    /// <summary>The local table does not know the id as started: ask the cluster before saying so.</summary>
    private async ValueTask<Assignment> ResolveSlowlyAsync(string id, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            return await _untilAnswered.ExecuteAsync(AskAsync, cancellationToken);
        }
        catch (TimeoutRejectedException late)
        {
            throw new TimeoutException($"The cluster did not say within [{_options.ResolveLimit.TotalSeconds}s] what [{id}] is: {failure?.Message}", failure ?? late);
        }

        async ValueTask<Assignment> AskAsync(CancellationToken limit)
        {
            try
            {
                return await AskForAsync(id, limit);
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                failure = exception;
                throw;
            }
        }
    }

    private async ValueTask<Assignment> AskForAsync(string id, CancellationToken cancellationToken)
    {
        if (aliases.ModelOf(id) is null)
            await aliases.RefreshAsync(cancellationToken);
        id = aliases.ModelOf(id) ?? id;
        var snapshot = await cache.RefreshAsync(cancellationToken);
        if (snapshot.Find(id, Random.Shared)?.Assignment is { } assignment)
        {
            return assignment.State is AssignmentState.Started or AssignmentState.Starting
                ? assignment
                : throw new MlException(MlErrorKind.Conflict,
                    $"Trained model deployment [{assignment.TaskParameters.DeploymentId}] is [{(assignment.State == AssignmentState.Stopping ? "stopping" : "failed")}]");
        }

        throw await grains.GetGrain<ITrainedModelGrain>(id).GetAsync().WaitAsync(cancellationToken) is null
            ? new MlException(MlErrorKind.NotFound, $"No known trained model with model_id [{id}]")
            : new MlException(MlErrorKind.Conflict, $"Trained model [{id}] must be deployed to use. Please deploy with the start trained model deployment API.");
    }
}
