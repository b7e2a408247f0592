namespace Orleans.Ml.Api.Wire;

/// <summary>What callers sent, short enough for a reason.</summary>
internal static class Excerpt
{
    private const int Longest = 256;

    public static string Of(string value)
    {
        if (value.Length <= Longest)
            return value;
        var end = char.IsHighSurrogate(value[Longest - 1]) ? Longest - 1 : Longest;
        return string.Concat(value.AsSpan(0, end), "…");
    }
}
