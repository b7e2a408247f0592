namespace Orleans.Ml.Placement;

/// <summary>What a node is and which plan it has applied, at one moment.</summary>
/// <param name="NodeId">The silo's name.</param>
/// <param name="Epoch">The silo's generation: another life of the same name is another epoch.</param>
/// <param name="Processors">Processors that normal deployments may use.</param>
/// <param name="MemoryBytes">Memory that deployments may use, in bytes.</param>
/// <param name="AppliedPlan">Version of the newest plan the node has applied; 0 for none.</param>
/// <param name="Address">Where the node can be reached, for stats: <c>ip:port</c>.</param>
/// <param name="ProductVersion">Version of the software it runs.</param>
/// <param name="Zone">What fails together with it: deployments are spread over zones. Nodes without one are in one zone.</param>
/// <param name="Roles">What it is for; only <see cref="NodeRoles.Compute"/> gets allocations.</param>
/// <param name="IsLeaving">Whether it is about to stop: it gets nothing new, and others take over what it holds while it still serves it. Never undone in an epoch.</param>
[GenerateSerializer, Immutable, Alias("ml.NodeSnapshot")]
public sealed record NodeSnapshot(
    [property: Id(0)] string NodeId,
    [property: Id(1)] long Epoch,
    [property: Id(2)] int Processors,
    [property: Id(3)] long MemoryBytes,
    [property: Id(4)] long AppliedPlan = 0,
    [property: Id(5)] string Address = "",
    [property: Id(6)] string ProductVersion = "",
    [property: Id(7)] string Zone = "",
    [property: Id(8)] NodeRoles Roles = NodeRoles.Compute | NodeRoles.Frontend,
    [property: Id(9)] bool IsLeaving = false)
{
    /// <summary>Whether the planner may give it allocations.</summary>
    public bool TakesAllocations => !IsLeaving && Roles.HasFlag(NodeRoles.Compute);
}

/// <summary>What a node is for. Numbers are append-only.</summary>
[Flags]
public enum NodeRoles
{
    /// <summary>Nothing; the node is a member only.</summary>
    None = 0,

    /// <summary>Runs models.</summary>
    Compute = 1,

    /// <summary>Answers HTTP.</summary>
    Frontend = 2,
}
