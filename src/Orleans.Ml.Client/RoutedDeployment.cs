using System.Collections.Immutable;
using Orleans.Ml.Deployments;

namespace Orleans.Ml.Client;

/// <summary>A deployment and the routes requests may take: the started ones, or while there is none the stopping ones (deployment-runtime.md §5.2).</summary>
internal sealed class RoutedDeployment(Assignment assignment, ImmutableArray<RoutedNode> routes)
{
    private readonly int _totalWeight = routes.Sum(r => r.Route.CurrentAllocations);

    public Assignment Assignment { get; } = assignment;

    public ImmutableArray<RoutedNode> Routes { get; } = routes;

    /// <summary>
    /// Draws two routes by allocations and takes the one with less to do per allocation; null when all nodes are in <paramref name="tried"/> or there is none.
    /// </summary>
    public RoutedNode? Choose(Random random, ImmutableHashSet<string> tried)
    {
        if (!tried.IsEmpty)
            return new RoutedDeployment(Assignment, Routes.RemoveAll(r => tried.Contains(r.NodeId))).Choose(random, []);
        if (Routes.Length < 2)
            return Routes.IsEmpty ? null : Routes[0];
        var first = Draw(random);
        var second = Draw(random);
        return second.Load.PerAllocation(second.Route.CurrentAllocations) < first.Load.PerAllocation(first.Route.CurrentAllocations) ? second : first;
    }

    private RoutedNode Draw(Random random)
    {
        if (_totalWeight == 0)
            return Routes[random.Next(Routes.Length)];
        var point = random.Next(_totalWeight);
        foreach (var route in Routes)
        {
            point -= route.Route.CurrentAllocations;
            if (point < 0)
                return route;
        }

        return Routes[^1];
    }
}
