using Orleans.Ml.Deployments;

namespace Orleans.Ml.Grains.Deployments;

/// <summary>The durable copy of a deployment; the plan can always rebuild it.</summary>
[GenerateSerializer, Alias("ml.DeploymentState")]
public sealed class DeploymentState
{
    /// <summary>The assignment; null when there is no such deployment.</summary>
    [Id(0)]
    public Assignment? Assignment { get; set; }
}
