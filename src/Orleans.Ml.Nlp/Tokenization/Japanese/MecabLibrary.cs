using System.Runtime.InteropServices;

namespace Orleans.Ml.Nlp.Tokenization.Japanese;

/// <summary>The part of MeCab's C interface that is used here; version 0.996, <c>mecab.h</c>.</summary>
internal static unsafe partial class MecabLibrary
{
    /// <summary>The name under which Debian and others install it.</summary>
    public const string Name = "libmecab.so.2";

    [LibraryImport(Name, EntryPoint = "mecab_model_new", StringMarshalling = StringMarshalling.Utf8)]
    public static partial MecabModel NewModel(int count, string[] arguments);

    [LibraryImport(Name, EntryPoint = "mecab_model_destroy")]
    public static partial void DestroyModel(nint model);

    [LibraryImport(Name, EntryPoint = "mecab_model_dictionary_info")]
    public static partial MecabDictionaryInfo* DictionaryOf(MecabModel model);

    /// <summary>What it costs that a word with one left attribute follows one with a right attribute.</summary>
    [LibraryImport(Name, EntryPoint = "mecab_model_transition_cost"), SuppressGCTransition]
    public static partial int TransitionCost(nint model, ushort right, ushort left);

    [LibraryImport(Name, EntryPoint = "mecab_model_new_tagger")]
    public static partial MecabTagger NewTagger(MecabModel model);

    [LibraryImport(Name, EntryPoint = "mecab_destroy")]
    public static partial void DestroyTagger(nint tagger);

    [LibraryImport(Name, EntryPoint = "mecab_model_new_lattice")]
    public static partial MecabLattice NewLattice(MecabModel model);

    [LibraryImport(Name, EntryPoint = "mecab_lattice_destroy")]
    public static partial void DestroyLattice(nint lattice);

    /// <summary>The lattice keeps the pointer; the text has to stay where it is while nodes are read.</summary>
    [LibraryImport(Name, EntryPoint = "mecab_lattice_set_sentence2")]
    public static partial void SetSentence(MecabLattice lattice, byte* text, nuint length);

    [LibraryImport(Name, EntryPoint = "mecab_parse_lattice")]
    public static partial int Parse(MecabTagger tagger, MecabLattice lattice);

    /// <summary>The node before the first; the best path follows its <see cref="MecabNode.Next"/>.</summary>
    [LibraryImport(Name, EntryPoint = "mecab_lattice_get_bos_node")]
    public static partial MecabNode* FirstNode(MecabLattice lattice);

    /// <summary>The node after the last.</summary>
    [LibraryImport(Name, EntryPoint = "mecab_lattice_get_eos_node")]
    public static partial MecabNode* LastNode(MecabLattice lattice);

    /// <summary>All nodes that begin at a byte, chained by <see cref="MecabNode.NextBeginning"/>.</summary>
    [LibraryImport(Name, EntryPoint = "mecab_lattice_get_begin_nodes"), SuppressGCTransition]
    public static partial MecabNode* NodesBeginningAt(nint lattice, nuint position);

    /// <summary>All nodes that end at a byte, chained by <see cref="MecabNode.NextEnding"/>.</summary>
    [LibraryImport(Name, EntryPoint = "mecab_lattice_get_end_nodes"), SuppressGCTransition]
    public static partial MecabNode* NodesEndingAt(nint lattice, nuint position);

    [LibraryImport(Name, EntryPoint = "mecab_lattice_strerror")]
    public static partial nint ErrorOf(MecabLattice lattice);
}

/// <summary><c>mecab_dictionary_info_t</c>, its beginning.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MecabDictionaryInfo
{
    public nint FileName;

    /// <summary>Such as <c>UTF-8</c> or <c>EUC-JP</c>, in C's spelling of a string.</summary>
    public nint Charset;
}

/// <summary><c>mecab_node_t</c>: a word that may be at a place of the text.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MecabNode
{
    /// <summary>Of <see cref="Status"/>: not in the dictionary.</summary>
    public const byte Unknown = 1;

    /// <summary>The best way here.</summary>
    public MecabNode* Previous;

    /// <summary>On the best path only.</summary>
    public MecabNode* Next;
    public MecabNode* NextEnding;
    public MecabNode* NextBeginning;
    public nint RightPaths;
    public nint LeftPaths;

    /// <summary>Where the word begins in the text, white space before it excluded; not terminated.</summary>
    public byte* Surface;
    public byte* Feature;
    public uint Id;

    /// <summary>Bytes of the word.</summary>
    public ushort Length;

    /// <summary>Bytes of the word and of the white space before it.</summary>
    public ushort LengthWithSpace;
    public ushort RightAttribute;
    public ushort LeftAttribute;
    public ushort PartOfSpeech;

    /// <summary>Which line of the dictionary's <c>char.def</c> its first character is of, from 0.</summary>
    public byte CharacterType;
    public byte Status;
    public byte IsBest;
    public float Alpha;
    public float Beta;
    public float Probability;
    public short WordCost;

    /// <summary>C's <c>long</c>: cost of the best way here, the word included.</summary>
    public nint Cost;
}
