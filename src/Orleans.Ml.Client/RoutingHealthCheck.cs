using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Orleans.Ml.Client;

/// <summary>Ready means connected to the cluster and in possession of its routing table.</summary>
internal sealed class RoutingHealthCheck(RoutingCache cache) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(cache.IsFresh
            ? HealthCheckResult.Healthy("the routing table is fresh")
            : HealthCheckResult.Unhealthy("the routing table has not been heard of lately"));
}
