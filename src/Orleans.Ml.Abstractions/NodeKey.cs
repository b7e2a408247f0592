namespace Orleans.Ml;

/// <summary>
/// Keys of grains that are pinned to a node: <c>{node}</c> or <c>{node}/{deployment}</c>. A node's id is its silo's name, which cannot hold a '/'.
/// </summary>
public static class NodeKey
{
    /// <summary>The key of a grain that serves one deployment on one node.</summary>
    public static string Of(string nodeId, string deploymentId) => string.Concat(nodeId, "/", deploymentId);

    /// <summary>The node a key is pinned to.</summary>
    public static string NodeOf(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? key : key[..slash];
    }

    /// <summary>The deployment in a composite key.</summary>
    public static string DeploymentOf(string key) => key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
