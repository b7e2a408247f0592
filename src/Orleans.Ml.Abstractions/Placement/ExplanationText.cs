using System.Globalization;

namespace Orleans.Ml.Placement;

/// <summary>Puts explanations into words. Wording: deployment-runtime.md §3.9.</summary>
public static class ExplanationText
{
    /// <summary>What is said when no node runs models.</summary>
    public const string NoNodes = "There are no nodes that run models in the cluster";

    private static readonly string[] Units = ["b", "kb", "mb", "gb", "tb", "pb"];

    /// <summary>What each node lacks, joined by <c>|</c>.</summary>
    public static string Of(IEnumerable<NodeShortfall> shortfalls) => string.Join("|", shortfalls.Select(Of));

    /// <summary>What each node lacks, then what would help.</summary>
    public static string Of(PlacementExplanation explanation)
    {
        var what = explanation.Capacity.IsEmpty ? NoNodes : Of(explanation.Nodes);
        return Of(explanation.SmallestChange) is { } help ? $"{what}. {help}" : what;
    }

    /// <summary>What one node lacks.</summary>
    public static string Of(NodeShortfall node) =>
        string.Create(CultureInfo.InvariantCulture, $"Could not assign (more) allocations on node [{node.NodeId}]. Reason: ") + node.Resource switch
        {
            ScarceResource.Memory => "This node has insufficient available memory. " +
                $"Available memory for ML {Bytes(node.Available)}, free {Bytes(node.Free)}, memory required for an allocation {Bytes(node.Required)}",
            ScarceResource.Processors => string.Create(CultureInfo.InvariantCulture, $"This node has insufficient allocated processors. " +
                $"Available processors [{node.Available}], free processors [{node.Free}], processors required for each allocation [{node.Required}]"),
            _ => string.Create(CultureInfo.InvariantCulture, $"This node has [{node.Available}] deployments of low priority, which is the most"),
        };

    /// <summary>What would help, as one sentence; null when no change of a known kind would.</summary>
    public static string? Of(SmallestChange change)
    {
        var ways = new List<string>();
        if (change.NumberOfAllocations is { } allocations)
            ways.Add(string.Create(CultureInfo.InvariantCulture, $"with [{allocations}] allocations"));
        if (change.ThreadsPerAllocation is { } threads)
            ways.Add(string.Create(CultureInfo.InvariantCulture, $"with [{threads}] threads per allocation"));
        if (change is { NewNodeProcessors: { } processors, NewNodeMemoryBytes: { } memoryBytes })
            ways.Add(string.Create(CultureInfo.InvariantCulture, $"with one more node of [{processors}] processors and {Bytes(memoryBytes)} of memory"));
        return ways.Count == 0 ? null : $"It would fit {string.Join(", or ", ways)}";
    }

    private static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < Units.Length - 1)
            (value, unit) = (value / 1024, unit + 1);
        return string.Create(CultureInfo.InvariantCulture, $"[{bytes}] bytes ({Math.Floor(value * 10) / 10}{Units[unit]})");
    }
}
