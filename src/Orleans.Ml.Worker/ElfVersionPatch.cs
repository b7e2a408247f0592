using System.Buffers.Binary;
using System.Text;

namespace Orleans.Ml.Worker;

/// <summary>
/// Lets a 64-bit ELF library that asks for one symbol of a newer libstdc++ load with an older one, in three edits (torch-runtime.md §1):
/// the version becomes weak, and the symbol is taken, without a version, from a harmless function that is there.
/// </summary>
internal sealed class ElfVersionPatch
{
    /// <summary>The version GCC 13 added.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    /// <summary>The only symbol of that version; it initialises iostreams, which libtorch has done by then.</summary>
    public const string Symbol = "_ZSt21ios_base_library_initv";

    /// <summary>c10::GradMode::is_enabled(): no arguments, no effects, and the library already imports its name.</summary>
    public const string Replacement = "_ZN3c108GradMode10is_enabledEv";

    private const int DynamicSymbols = 11;
    private const int VersionNeeds = 0x6ffffffe;
    private const int SymbolVersions = 0x6fffffff;
    private const int SymbolSize = 24;
    private const ushort Weak = 2;
    private const ushort GlobalVersion = 1;

    private readonly byte[] _file;
    private readonly Section _symbols;
    private readonly Section _symbolVersions;
    private readonly Section _versionNeeds;
    private readonly Section _names;

    private ElfVersionPatch(byte[] file)
    {
        if (file.Length < 64 || !file.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
            throw new BadImageFormatException("not a 64-bit little-endian ELF file");
        _file = file;
        var sections = ReadSections();
        _symbols = sections.First(s => s.Type == DynamicSymbols);
        _symbolVersions = sections.First(s => s.Type == SymbolVersions);
        _versionNeeds = sections.First(s => s.Type == VersionNeeds);
        _names = sections[_symbols.Link];
    }

    /// <summary>Edits the library in place; editing it again changes nothing.</summary>
    /// <exception cref="BadImageFormatException">It is not the library this was made for.</exception>
    public static void Apply(byte[] file)
    {
        var patch = new ElfVersionPatch(file);
        patch.MakeVersionWeak();
        patch.RedirectSymbol();
    }

    private void MakeVersionWeak()
    {
        for (var need = _versionNeeds.Offset; ; need += Int32(need + 12))
        {
            var entry = need + Int32(need + 8);
            for (var remaining = UInt16(need + 2); remaining > 0; remaining--, entry += Int32(entry + 12))
            {
                if (NameAt(Int32(entry + 8)) != Version)
                    continue;
                Write(entry + 4, (ushort)(UInt16(entry + 4) | Weak));
                return;
            }
            if (Int32(need + 12) == 0)
                throw new BadImageFormatException($"the library does not need [{Version}]");
        }
    }

    private void RedirectSymbol()
    {
        var symbol = FindSymbol(Symbol);
        if (symbol < 0)
            return;
        var replacement = FindSymbol(Replacement);
        if (replacement < 0)
            throw new BadImageFormatException($"the library does not import [{Replacement}]");
        _file.AsSpan(SymbolOffset(replacement), 4).CopyTo(_file.AsSpan(SymbolOffset(symbol)));
        Write(_symbolVersions.Offset + (symbol * 2), GlobalVersion);
    }

    private int FindSymbol(string name)
    {
        for (var index = 0; index < _symbols.Size / SymbolSize; index++)
        {
            if (NameAt(Int32(SymbolOffset(index))) == name)
                return index;
        }
        return -1;
    }

    private List<Section> ReadSections()
    {
        var start = Int64(40);
        var size = UInt16(58);
        return [.. Enumerable.Range(0, UInt16(60)).Select(index => start + (index * size))
            .Select(at => new Section(Int32(at + 4), Int64(at + 24), Int64(at + 32), Int32(at + 40)))];
    }

    private int SymbolOffset(int index) => _symbols.Offset + (index * SymbolSize);

    private string NameAt(int offset)
    {
        var name = _file.AsSpan(_names.Offset + offset);
        return Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]);
    }

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(offset));

    private int Int32(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_file.AsSpan(offset));

    private int Int64(int offset) => checked((int)BinaryPrimitives.ReadInt64LittleEndian(_file.AsSpan(offset)));

    private void Write(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_file.AsSpan(offset), value);

    private readonly record struct Section(int Type, int Offset, int Size, int Link);
}
