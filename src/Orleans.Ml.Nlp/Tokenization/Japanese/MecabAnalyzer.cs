using System.Runtime.InteropServices;
using System.Text;

namespace Orleans.Ml.Nlp.Tokenization.Japanese;

/// <summary>Finds the words of a text with MeCab. One thread at a time.</summary>
internal sealed unsafe class MecabAnalyzer
{
    private const int MaxBytesPerUnit = 3;

    private readonly MecabModel _model;
    private readonly MecabTagger _tagger;
    private readonly MecabLattice _lattice;

    // Pinned, because the lattice points into it.
    private readonly byte[] _utf8 = GC.AllocateUninitializedArray<byte>(JapaneseTokenizer.MaxRunLength * MaxBytesPerUnit, pinned: true);

    public MecabAnalyzer(MecabModel model)
    {
        _model = model;
        _tagger = MecabLibrary.NewTagger(model);
        _lattice = MecabLibrary.NewLattice(model);
        // MeCab would follow a null pointer, and the node be gone.
        if (_tagger.IsInvalid || _lattice.IsInvalid)
            throw new MlException(MlErrorKind.ServerError, "MeCab could not be prepared: there is not enough memory");
    }

    /// <summary>Writes the words in their order and returns how many there are; white space between them belongs to none.</summary>
    /// <param name="text">At most <see cref="JapaneseTokenizer.MaxRunLength"/> units, no surrogates.</param>
    /// <param name="splitsCompounds">Whether long words cost more, as in Elasticsearch's search mode.</param>
    /// <param name="words">Room for as many words as there are units.</param>
    /// <exception cref="MlException"><see cref="MlErrorKind.ServerError"/>: MeCab refused.</exception>
    public int Analyze(ReadOnlySpan<char> text, bool splitsCompounds, Span<Morpheme> words)
    {
        var length = Encoding.UTF8.GetBytes(text, _utf8);
        var begin = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_utf8, 0);
        MecabLibrary.SetSentence(_lattice, begin, (nuint)length);
        if (MecabLibrary.Parse(_tagger, _lattice) == 0)
            throw new MlException(MlErrorKind.ServerError, $"MeCab could not analyze a text of [{text.Length}] characters: {Marshal.PtrToStringUTF8(MecabLibrary.ErrorOf(_lattice))}");
        if (splitsCompounds)
            CompoundSplitter.FindPath(_model, _lattice, _utf8.AsSpan(0, length));

        var (count, unit, at) = (0, 0, 0);
        for (var node = MecabLibrary.FirstNode(_lattice)->Next; node->Next is not null; node = node->Next)
        {
            var start = (int)(node->Surface - begin);
            var first = unit += Units(at, start);
            unit += Units(start, at = start + node->Length);
            words[count++] = new(first, unit);
        }

        return count;
    }

    // Without surrogates a unit is a character, which has one byte that is no continuation.
    private int Units(int from, int to)
    {
        var units = 0;
        foreach (var value in _utf8.AsSpan(from..to))
            units += (value & 0xC0) == 0x80 ? 0 : 1;
        return units;
    }
}
