using Orleans.Ml.Deployments;

namespace Orleans.Ml.Inference;

/// <summary>Room on a node: processors, and memory in bytes.</summary>
internal readonly record struct Room(long Processors, long MemoryBytes)
{
    /// <summary>What a number of allocations takes on one node. Low priority counts no processors.</summary>
    public static Room Of(TaskParameters parameters, int allocations) => new(
        parameters.Priority == Priority.Low ? 0 : (long)allocations * parameters.ThreadsPerAllocation,
        MemoryEstimate.Bytes(parameters, allocations));
}

/// <summary>
/// What of a node is given to whom. Nothing is ever given twice, whoever asks: this is what keeps two coordinators from overcommitting a node.
/// Not safe on several threads; <see cref="NodeRuntime"/> holds its gate.
/// </summary>
internal sealed class CapacityLedger(Room capacity)
{
    private readonly Dictionary<object, Room> _held = new(ReferenceEqualityComparer.Instance);

    /// <summary>What the node has.</summary>
    public Room Capacity => capacity;

    /// <summary>What of it is given away; never more than <see cref="Capacity"/>.</summary>
    public Room Used { get; private set; }

    /// <summary>What is left.</summary>
    public Room Free => new(capacity.Processors - Used.Processors, capacity.MemoryBytes - Used.MemoryBytes);

    /// <summary>Sets what <paramref name="holder"/> holds. Giving back always works.</summary>
    /// <returns>False when there is not enough room; then nothing has changed.</returns>
    public bool TryHold(object holder, Room room)
    {
        var held = _held.GetValueOrDefault(holder);
        // Compared with what is free, not added to what is used: an absurd estimate must not overflow into a small one.
        if (room.Processors - held.Processors > Free.Processors || room.MemoryBytes - held.MemoryBytes > Free.MemoryBytes)
            return false;
        _held[holder] = room;
        Used = new(Used.Processors + room.Processors - held.Processors, Used.MemoryBytes + room.MemoryBytes - held.MemoryBytes);
        return true;
    }

    /// <summary>Gives back everything <paramref name="holder"/> holds. Idempotent.</summary>
    public void Release(object holder)
    {
        if (_held.Remove(holder, out var held))
            Used = new(Used.Processors - held.Processors, Used.MemoryBytes - held.MemoryBytes);
    }
}
