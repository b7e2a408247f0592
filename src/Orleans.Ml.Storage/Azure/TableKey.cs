namespace Orleans.Ml.Storage.Azure;

/// <summary>Makes a text fit to be a partition key or a row key, as Orleans' own providers do: what differs only in these characters shares a row.</summary>
internal static class TableKey
{
    private const int MaxLength = 1023;

    /// <exception cref="ArgumentException">It is too long.</exception>
    public static string From(string text)
    {
        if (text.Length > MaxLength)
            throw new ArgumentException($"A table's key may have [{MaxLength}] characters, this one has [{text.Length}]", nameof(text));
        return text.Replace('/', '_').Replace('\\', '_').Replace('#', '_').Replace('?', '_');
    }
}
