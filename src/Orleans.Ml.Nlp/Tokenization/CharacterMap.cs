using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Orleans.Ml.Nlp.Tokenization;

/// <summary>
/// SentencePiece's compiled normalisation nmt_nfkc: for some characters and clusters what they become. The file is the length of a double-array
/// trie in bytes, the trie, and the replacements, each ended by a zero. Used as Hugging Face and Elasticsearch use it
/// (models-nlp-ingest-security.md §4.4, step 1).
/// </summary>
internal sealed class CharacterMap
{
    /// <summary>Bytes of UTF-8; longer clusters are looked up character by character.</summary>
    private const int MostBytesOfCluster = 5;

    private readonly uint[] _trie;
    private readonly byte[] _replacements;
    private readonly string?[] _ascii = new string?[128];

    private CharacterMap(ReadOnlySpan<byte> file)
    {
        var trieBytes = BinaryPrimitives.ReadInt32LittleEndian(file);
        _trie = MemoryMarshal.Cast<byte, uint>(file.Slice(sizeof(int), trieBytes)).ToArray();
        _replacements = file[(sizeof(int) + trieBytes)..].ToArray();
        Span<char> buffer = stackalloc char[MaxGrowth];
        for (byte unit = 0; unit < _ascii.Length; unit++)
            _ascii[unit] = TryReplace([unit], buffer, out var length) ? new(buffer[..length]) : null;
    }

    /// <summary>Most UTF-16 units that one character or cluster becomes. Unicode's longest compatibility decomposition has 18.</summary>
    public const int MaxGrowth = 32;

    /// <summary>nmt_nfkc, the table that XLM-RoBERTa and DeBERTa were trained with.</summary>
    public static CharacterMap NmtNfkc { get; } = Read();

    /// <summary>Whether a unit is on its own whatever comes next: then what comes next is ASCII as well.</summary>
    public static bool IsAlone(ReadOnlySpan<char> text, int index) =>
        text[index] < '\u0080' && (index + 1 == text.Length || text[index + 1] < '\u0080') && text[index] != '\r';

    /// <summary>What an ASCII unit on its own becomes; null for itself.</summary>
    public string? ReplacementOf(char unit) => _ascii[unit];

    /// <summary>The length of the grapheme cluster a text begins with.</summary>
    public static int ClusterLength(ReadOnlySpan<char> text) => StringInfo.GetNextTextElementLength(text);

    /// <summary>Looks a cluster up as a whole.</summary>
    /// <param name="cluster">A grapheme cluster or a character.</param>
    /// <param name="replacement">Room for <see cref="MaxGrowth"/>.</param>
    /// <param name="length">How much of it is used; may be 0.</param>
    /// <returns>False when it stays as it is, or has to be looked up character by character.</returns>
    public bool TryReplace(ReadOnlySpan<char> cluster, Span<char> replacement, out int length)
    {
        Span<byte> utf8 = stackalloc byte[MostBytesOfCluster];
        length = 0;
        return cluster.Length <= MostBytesOfCluster && Encoding.UTF8.TryGetBytes(cluster, utf8, out var bytes) &&
            TryReplace(utf8[..bytes], replacement, out length);
    }

    /// <summary>The first leaf on the path counts, even if it is that of a part: Hugging Face does so.</summary>
    private bool TryReplace(ReadOnlySpan<byte> key, Span<char> replacement, out int length)
    {
        length = 0;
        var node = OffsetOf(_trie[0]);
        foreach (var unit in key)
        {
            node ^= unit;
            if (unit == 0 || node >= _trie.Length || (_trie[node] & 0x800000FF) != unit)
                return false;
            var hasLeaf = ((_trie[node] >> 8) & 1) == 1;
            node ^= OffsetOf(_trie[node]);
            if (!hasLeaf)
                continue;
            var text = _replacements.AsSpan((int)(_trie[node] & 0x7FFFFFFF));
            length = Encoding.UTF8.GetChars(text[..text.IndexOf((byte)0)], replacement);
            return true;
        }

        return false;
    }

    // Ten bits of flags and label, then the offset, in units of 256 when bit 9 is set.
    private static uint OffsetOf(uint node) => (node >> 10) << (int)((node & 0x200) >> 6);

    private static CharacterMap Read()
    {
        using var resource = typeof(CharacterMap).Assembly.GetManifestResourceStream("nmt_nfkc.charsmap")!;
        var file = new byte[resource.Length];
        resource.ReadExactly(file);
        return new(file);
    }
}
