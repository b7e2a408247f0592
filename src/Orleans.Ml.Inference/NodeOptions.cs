using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Inference;

/// <summary>What a node is and how much of its machine deployments may use.</summary>
public sealed class NodeOptions
{
    /// <summary>The node's id, which is its silo's name. No default.</summary>
    [Required]
    public string NodeId { get; set; } = "";

    /// <summary>Processors that normal deployments may use: allocations times threads. Default: the machine's.</summary>
    [Range(1, 65536)]
    public int AllocatedProcessors { get; set; } = Environment.ProcessorCount;

    /// <summary>Memory that deployments may use, in bytes, by estimate. Default: what the process may use of the machine.</summary>
    [Range(1, long.MaxValue)]
    public long MemoryBytes { get; set; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Version of the software, for stats. Default: this assembly's.</summary>
    public string ProductVersion { get; set; } = typeof(NodeOptions).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>What the node shares the risk of failing with; allocations are spread over zones. Default: none, which is a zone of its own.</summary>
    public string Zone { get; set; } = "";

    /// <summary>What the node is for; only one with <see cref="NodeRoles.Compute"/> gets allocations. Default: everything.</summary>
    public NodeRoles Roles { get; set; } = NodeRoles.Compute | NodeRoles.Frontend;

    /// <summary>
    /// Longest time an orderly stop takes until nothing is served any more: others take over in the first three quarters of it, running requests finish in the
    /// rest. A node whose deployments are served elsewhere, or nowhere, does not wait. The host's own limit is raised to this and 10 s. Default: 20 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan LeaveLimit { get; set; } = TimeSpan.FromSeconds(20);
}

/// <summary>Checks <see cref="NodeOptions"/> at start.</summary>
[OptionsValidator]
internal sealed partial class NodeOptionsValidator : IValidateOptions<NodeOptions>;
