using System.Text.Json;

namespace Orleans.Ml.Silo.Samples;

/// <summary>How far a deployment is, as <c>_stats</c> tells it.</summary>
/// <param name="State">starting, started, stopping or failed; null when there is no deployment.</param>
/// <param name="Reason">Why it is not further; null when nothing is said.</param>
internal sealed record DeploymentProgress(string? State, string? Reason)
{
    /// <summary>There is no deployment.</summary>
    public static DeploymentProgress NotDeployed { get; } = new(null, null);

    /// <summary>Whether requests are served.</summary>
    public bool IsStarted => State == "started";

    /// <summary>Whether waiting may help.</summary>
    public bool IsUnderway => State is "starting" or "stopping";

    /// <summary>Reads <c>deployment_stats</c>.</summary>
    public static DeploymentProgress From(JsonElement deployment)
    {
        var state = deployment.GetProperty("state").GetString();
        var reasons = deployment.TryGetProperty("nodes", out var nodes)
            ? nodes.EnumerateArray()
                .Select(node => node.TryGetProperty("routing_state", out var route) && route.TryGetProperty("reason", out var text) ? text.GetString() : null)
            : [];
        var reason = deployment.TryGetProperty("reason", out var whole) ? whole.GetString() : null;
        return new(state, reasons.Append(reason).FirstOrDefault(text => !string.IsNullOrEmpty(text)));
    }
}
