namespace Orleans.Ml.Api.Contracts;

/// <summary>
/// Which ids a deployment may have. Elasticsearch sets no rule; this one keeps out only what could not be named again: lists part ids at commas, '*' is a
/// wildcard, a path loses its dots on the way, and an id becomes a key in storage.
/// </summary>
internal static class DeploymentIds
{
    public const int MaxLength = 512;

    /// <summary>Whether a deployment of this id can exist.</summary>
    public static bool IsValid(string id) => FindProblem(id) is null;

    /// <summary>What is wrong with an id; null when nothing is.</summary>
    public static string? FindProblem(string id)
    {
        if (string.IsNullOrWhiteSpace(id))
            return "[deployment_id] must not be blank";
        if (id.Length > MaxLength)
            return $"[deployment_id] must be at most [{MaxLength}] characters long, was [{id.Length}]";
        foreach (var c in id)
        {
            if (c is ',' or '*' || char.IsControl(c))
                return $"[deployment_id] must hold neither ',' nor '*' nor control characters, was [{id}]";
        }

        return id is "_all" or "." or ".." ? $"[deployment_id] must not be [{id}]" : null;
    }
}
