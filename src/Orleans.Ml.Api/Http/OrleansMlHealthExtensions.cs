using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the probes of orchestrators.</summary>
public static class OrleansMlHealthExtensions
{
    /// <summary>
    /// <c>GET /livez</c>: 200 while the process serves HTTP. <c>GET /readyz</c>: 200 while it hears from the cluster, 503 otherwise; a node that leaves is not
    /// ready either.
    /// </summary>
    public static void MapOrleansMlHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/livez", new HealthCheckOptions { Predicate = _ => false });
        routes.MapHealthChecks("/readyz");
    }
}
