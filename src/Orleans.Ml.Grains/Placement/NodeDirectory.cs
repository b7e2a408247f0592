using Orleans.Ml.Placement;

namespace Orleans.Ml.Grains.Placement;

/// <summary>Who is a member, and what is known of each.</summary>
internal sealed class NodeDirectory
{
    private readonly Dictionary<string, NodeSnapshot> _known = new(StringComparer.Ordinal);
    private Dictionary<string, long> _members = new(StringComparer.Ordinal);

    /// <summary>Members that have introduced themselves in their present life.</summary>
    public IReadOnlyCollection<NodeSnapshot> Known => _known.Values;

    /// <summary>Members that have not, as ids.</summary>
    public IReadOnlySet<string> Unreachable => _members.Keys.Where(id => !_known.ContainsKey(id)).ToHashSet(StringComparer.Ordinal);

    public NodeSnapshot? Find(string nodeId) => _known.GetValueOrDefault(nodeId);

    /// <summary>Takes in membership; a node that left, or lives again, is unknown until it introduces itself. Of two lives of one name the later counts.</summary>
    /// <returns>Whether anybody came or went.</returns>
    public bool Observe(ClusterMembershipSnapshot membership)
    {
        var members = membership.Members.Values
            .Where(m => m.Status == SiloStatus.Active)
            .GroupBy(m => m.Name, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => (long)g.Max(m => m.SiloAddress.Generation), StringComparer.Ordinal);
        var isSame = members.Count == _members.Count && members.All(m => _members.TryGetValue(m.Key, out var epoch) && epoch == m.Value);
        _members = members;
        foreach (var node in _known.Values.Where(n => !members.TryGetValue(n.NodeId, out var epoch) || epoch != n.Epoch).ToList())
            _known.Remove(node.NodeId);
        return !isSame;
    }

    /// <summary>Takes in what a node says of itself; an earlier life, and a node that is no member, are not believed.</summary>
    public bool Learn(NodeSnapshot node)
    {
        if (!_members.TryGetValue(node.NodeId, out var epoch) || epoch != node.Epoch)
            return false;
        // Words can overtake each other; who has said that it leaves does not stay.
        _known[node.NodeId] = _known.GetValueOrDefault(node.NodeId) is { IsLeaving: true } ? node with { IsLeaving = true } : node;
        return true;
    }
}
