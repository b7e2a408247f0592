namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>
/// GPT-2's characters for bytes: printable ones of Latin-1 are themselves, the other 68 ascend from U+0100, so that the space is Ġ
/// (models-nlp-ingest-security.md §4.3).
/// </summary>
internal static class ByteCharacters
{
    private static readonly char[] Characters = Assign();
    private static readonly Dictionary<char, byte> Bytes = Enumerable.Range(0, 256).ToDictionary(value => Characters[value], value => (byte)value);

    public static char Of(byte value) => Characters[value];

    /// <summary>The byte that a character stands for; false when it stands for none.</summary>
    public static bool TryGetByte(char character, out byte value) => Bytes.TryGetValue(character, out value);

    private static char[] Assign()
    {
        var next = '\u0100';
        var characters = new char[256];
        for (var value = 0; value < characters.Length; value++)
            characters[value] = value is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255) ? (char)value : next++;
        return characters;
    }
}
