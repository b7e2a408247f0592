using System.Collections.Immutable;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference.Workers;

/// <summary>Remembers which inputs were in flight when processes died. One that was in two crashes is refused: it would go on killing.</summary>
internal sealed class Quarantine
{
    private const int CrashesToRefuse = 2;

    // Crashes are rare and end a deployment soon; only a worker that lives for months between them gets here.
    private const int MaxSuspects = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, int> _suspects = [];
    private volatile ImmutableHashSet<UInt128> _refused = [];

    /// <summary>Whether the input is refused. Costs nothing until one is.</summary>
    public bool Refuses(ModelInput input) => !_refused.IsEmpty && _refused.Contains(Hash(input));

    /// <summary>Remembers what was in flight in one crash.</summary>
    public void OnCrash(IEnumerable<ModelInput> inputs)
    {
        lock (_gate)
        {
            if (_suspects.Count > MaxSuspects)
                _suspects.Clear();
            foreach (var hash in inputs.Select(Hash).Distinct())
            {
                var crashes = _suspects.GetValueOrDefault(hash) + 1;
                _suspects[hash] = crashes;
                if (crashes >= CrashesToRefuse)
                    _refused = _refused.Add(hash);
            }
        }
    }

    private static UInt128 Hash(ModelInput input) =>
        XxHash128.HashToUInt128(MemoryMarshal.AsBytes(input.Values.AsSpan()), seed: ((long)input.Rows << 32) | (uint)input.Length);
}
