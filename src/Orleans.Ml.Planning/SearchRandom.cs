namespace Orleans.Ml.Planning;

/// <summary>Repeatable random numbers: SplitMix64 (Steele, Lea, Flood 2014). The same seed gives the same plan, on every machine and runtime.</summary>
internal sealed class SearchRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>From 0 to <paramref name="bound"/> - 1.</summary>
    public int Next(int bound) => (int)((NextBits() >> 33) % (uint)bound);

    /// <summary>Whether an event of this probability, in thousandths, happens.</summary>
    public bool Happens(int thousandths) => Next(1000) < thousandths;

    private ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        var bits = _state;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
