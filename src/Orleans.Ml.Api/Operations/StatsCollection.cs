using System.Collections.Immutable;
using Orleans.Ml.Api.Contracts;
using Orleans.Ml.Api.Errors;
using Orleans.Ml.Deployments;
using Orleans.Ml.Models;
using Orleans.Ml.Nodes;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Api.Operations;

/// <summary>A model and one of its deployments, or none.</summary>
internal sealed record ModelStats(TrainedModel Model, DeploymentStats? Deployment);

/// <summary>A deployment and its nodes, by node id.</summary>
internal sealed record DeploymentStats(Assignment Assignment, IReadOnlyList<RouteStats> Routes);

/// <summary>A route, and what its node says of it.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Route">Its line in the routing table.</param>
/// <param name="Node">Null when the node did not answer.</param>
/// <param name="Model">Null when the node did not answer, or has no such model loaded.</param>
internal sealed record RouteStats(string NodeId, Route Route, NodeSnapshot? Node, LoadedModelStats? Model);

/// <summary>A page of stats.</summary>
/// <param name="Count">Matching models over all pages.</param>
/// <param name="Models">By model id, then deployment id.</param>
internal sealed record StatsPage(int Count, IReadOnlyList<ModelStats> Models);

/// <summary>Gathers stats from the plan, the deployments, the models and the nodes. Rules: deployment-runtime.md §6.2.</summary>
internal sealed class StatsCollection(ModelCatalog catalog, IGrainFactory grains, TimeProvider time)
{
    /// <summary>How long a node may take before its answer is left out.</summary>
    public static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(2);

    public async Task<StatsPage> RunAsync(IdExpression expression, bool allowNoMatch, Paging paging, CancellationToken cancellationToken)
    {
        var plan = await grains.GetGrain<IPlacementGrain>(IPlacementGrain.Key).GetPlanAsync();
        var matching = plan.Deployments.Where(d => expression.Matches(d.Key)).Select(d => d.Key).ToHashSet(StringComparer.Ordinal);
        var models = await catalog.ListAsync(expression, matching.Select(d => plan.Deployments[d].Parameters.ModelId), cancellationToken);
        expression.RequireMatches([.. models.SelectMany(m => m.Names), .. matching], allowNoMatch);

        var page = paging.Of(models).ToList();
        var ids = page.ToDictionary(m => m.Id, StringComparer.Ordinal);
        var wanted = plan.Deployments.Values.Select(d => d.Parameters)
            .Where(p => ids.TryGetValue(p.ModelId, out var model) && (model.Names.Any(expression.Matches) || matching.Contains(p.DeploymentId)));
        var found = await Task.WhenAll(wanted.Select(p => grains.GetGrain<IDeploymentGrain>(p.DeploymentId).GetAsync()));
        var assignments = found.OfType<Assignment>().ToList();
        var nodes = await AskNodesAsync(assignments);
        var deployments = assignments.Select(a => new DeploymentStats(a, Combine(a, nodes)))
            .ToLookup(d => d.Assignment.TaskParameters.ModelId, StringComparer.Ordinal);
        return new(models.Count, [.. page.SelectMany(m => Elements(m.Stored, deployments[m.Id]))]);
    }

    private static IEnumerable<ModelStats> Elements(TrainedModel model, IEnumerable<DeploymentStats> deployments) => deployments
        .OrderBy(d => d.Assignment.TaskParameters.DeploymentId, StringComparer.Ordinal)
        .Select(d => new ModelStats(model, d))
        .DefaultIfEmpty(new ModelStats(model, null));

    private async Task<Dictionary<string, NodeStats?>> AskNodesAsync(IEnumerable<Assignment> assignments)
    {
        var questions = assignments.SelectMany(a => a.RoutingTable.Keys.Select(n => (Node: n, a.TaskParameters.DeploymentId)))
            .ToLookup(q => q.Node, q => q.DeploymentId);
        var answers = await Task.WhenAll(questions.Select(async q => (Node: q.Key, Stats: await AskAsync(q.Key, [.. q]))));
        return answers.ToDictionary(a => a.Node, a => a.Stats, StringComparer.Ordinal);
    }

    // A node that is gone or hangs shows in the answer as such.
    private async Task<NodeStats?> AskAsync(string nodeId, ImmutableArray<string> deploymentIds)
    {
        try
        {
            return await grains.GetGrain<INodeGrain>(nodeId).GetStatsAsync(deploymentIds).WaitAsync(NodeTimeout, time);
        }
        catch (Exception failure) when (ElasticErrors.IsUnavailable(failure))
        {
            return null;
        }
    }

    private static List<RouteStats> Combine(Assignment assignment, Dictionary<string, NodeStats?> nodes) =>
    [
        .. assignment.RoutingTable.Select(r => new RouteStats(r.Key, r.Value, nodes[r.Key]?.Node,
            nodes[r.Key]?.Models.FirstOrDefault(m => m.DeploymentId == assignment.TaskParameters.DeploymentId))),
    ];
}
