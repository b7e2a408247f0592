namespace Orleans.Ml.Deployments;

/// <summary>Who may take resources from whom. Numbers are append-only.</summary>
public enum Priority
{
    /// <summary>Counts processors and memory.</summary>
    Normal = 0,

    /// <summary>Counts memory only, one allocation of one thread at nice 15, evicted when normal deployments need the memory.</summary>
    Low = 1,
}

/// <summary>State of an assignment as a whole. Numbers are append-only.</summary>
public enum AssignmentState
{
    /// <summary>No route is started yet, or none any more.</summary>
    Starting = 0,

    /// <summary>At least one route is started.</summary>
    Started = 1,

    /// <summary>Asked to stop; terminal.</summary>
    Stopping = 2,

    /// <summary>Every route failed. Derived for stats, never persisted.</summary>
    Failed = 3,
}

/// <summary>State of one node's line in the routing table. Numbers are append-only.</summary>
public enum RoutingState
{
    /// <summary>The node should load the model or is loading it.</summary>
    Starting = 0,

    /// <summary>The node accepts requests.</summary>
    Started = 1,

    /// <summary>The node drains or stops the model.</summary>
    Stopping = 2,

    /// <summary>Loading failed, or the worker crashed too often.</summary>
    Failed = 3,

    /// <summary>A signal: the node has let go of the model, the route is to be removed.</summary>
    Stopped = 4,
}

/// <summary>How far a start is waited for; also the state inside <c>allocation_status</c>. Ordered; numbers are append-only.</summary>
public enum AllocationState
{
    /// <summary>No allocation serves yet.</summary>
    Starting = 0,

    /// <summary>At least one allocation serves.</summary>
    Started = 1,

    /// <summary>All requested allocations serve.</summary>
    FullyAllocated = 2,
}

/// <summary>How a deployment is taken down. Numbers are append-only.</summary>
public enum StopMode
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>Queued requests are refused, the running ones get at most 10 s.</summary>
    Forced = 1,

    /// <summary>Queued requests are served first.</summary>
    Drain = 2,
}
