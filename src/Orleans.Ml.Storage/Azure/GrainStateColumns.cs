using Azure.Data.Tables;

namespace Orleans.Ml.Storage.Azure;

/// <summary>
/// Serialized state in the columns of a table row: <c>Data</c>, <c>Data1</c> … <c>Data14</c> of 64 KB each, or as text <c>StringData</c>,
/// <c>StringData1</c> … of 32 K UTF-16 units. A row may have 1 MB in all.
/// </summary>
internal static class GrainStateColumns
{
    private const int MaxColumns = 15;
    private const int MaxColumnBytes = 64 * 1024;
    private const int MaxColumnCharacters = 32 * 1024;
    private const string Bytes = "Data";
    private const string Text = "StringData";

    /// <summary>Puts state into a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It does not fit.</exception>
    public static void Write(TableEntity row, BinaryData state, bool asText)
    {
        if (state.ToMemory().Length > MaxColumns * MaxColumnBytes)
            throw TooLarge(state);
        if (asText)
            WriteText(row, state);
        else
            WriteBytes(row, state.ToMemory());
    }

    /// <summary>Takes state out of a row, in whichever form it is there; empty when the row has none.</summary>
    public static BinaryData Read(TableEntity row)
    {
        var bytes = Names(Bytes).Select(name => row.TryGetValue(name, out var value) ? value : null).SelectMany(BytesOf).ToArray();
        return bytes.Length > 0 ? new(bytes) : new(string.Concat(Names(Text).Select(name => row.TryGetValue(name, out var value) ? value as string : null)));
    }

    private static void WriteBytes(TableEntity row, ReadOnlyMemory<byte> state)
    {
        foreach (var name in Names(Bytes).TakeWhile(_ => !state.IsEmpty))
        {
            var length = Math.Min(MaxColumnBytes, state.Length);
            row[name] = state[..length].ToArray();
            state = state[length..];
        }
    }

    private static void WriteText(TableEntity row, BinaryData state)
    {
        var text = state.ToString().AsMemory();
        foreach (var name in Names(Text).TakeWhile(_ => !text.IsEmpty))
        {
            var length = Math.Min(MaxColumnCharacters, text.Length);
            // Half a surrogate pair cannot be sent; the other half would be in the next column.
            if (length < text.Length && char.IsHighSurrogate(text.Span[length - 1]))
                length--;
            row[name] = text[..length].ToString();
            text = text[length..];
        }

        if (!text.IsEmpty)
            throw TooLarge(state);
    }

    private static byte[] BytesOf(object? column) => column switch
    {
        byte[] bytes => bytes,
        // What a service that tells no types answers.
        string base64 => Convert.FromBase64String(base64),
        _ => [],
    };

    private static IEnumerable<string> Names(string first) =>
        Enumerable.Range(0, MaxColumns).Select(i => i == 0 ? first : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{first}{i}"));

    private static ArgumentOutOfRangeException TooLarge(BinaryData state) => new(nameof(state),
        $"The state is too large for a table row: [{state.ToMemory().Length}] bytes, the limit is [{MaxColumns}] columns of [{MaxColumnBytes}] bytes or [{MaxColumnCharacters}] UTF-16 units");
}
