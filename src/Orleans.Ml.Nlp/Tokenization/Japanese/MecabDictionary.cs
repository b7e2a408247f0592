using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Orleans.Ml.Nlp.Tokenization.Japanese;

/// <summary>
/// A dictionary of MeCab, opened once per process and kept: its 50 MB are mapped, so they are shared by all models and processes. Safe on any thread.
/// </summary>
internal sealed class MecabDictionary
{
    /// <summary>Where Debian's package puts IPADIC, the dictionary that Japanese BERT models were trained with and Elasticsearch has.</summary>
    public const string DefaultDirectory = "/var/lib/mecab/dic/ipadic-utf8";

    private const string Needs = "which needs the Debian packages [libmecab2] and [mecab-ipadic-utf8] on every node that runs models";

    private static readonly Lock Opening = new();
    private static readonly Dictionary<string, MecabDictionary> Opened = new(StringComparer.Ordinal);

    private readonly MecabModel _model;
    private readonly ConcurrentBag<MecabAnalyzer> _idle = [];

    private MecabDictionary(MecabModel model) => _model = model;

    /// <summary>Opens the dictionary of a folder, or gives the one that is open. A failure is not remembered: what is installed later is found.</summary>
    /// <param name="modelId">For messages.</param>
    /// <param name="directory">Null for <see cref="DefaultDirectory"/>.</param>
    /// <exception cref="MlException"><see cref="MlErrorKind.ModelFailed"/>: the library or the dictionary is not there. It says what to install, and no path.</exception>
    public static MecabDictionary Open(string modelId, string? directory)
    {
        lock (Opening)
        {
            var path = directory ?? DefaultDirectory;
            if (!Opened.TryGetValue(path, out var dictionary))
                Opened.Add(path, dictionary = Load(modelId, path, directory is null ? "The dictionary" : "The dictionary of the option [--japanese-dictionary]"));
            return dictionary;
        }
    }

    /// <summary>An analyzer that nobody else uses until it is given back.</summary>
    public MecabAnalyzer Rent() => _idle.TryTake(out var analyzer) ? analyzer : new(_model);

    public void Return(MecabAnalyzer analyzer) => _idle.Add(analyzer);

    private static MecabDictionary Load(string modelId, string path, string named)
    {
        if (!NativeLibrary.TryLoad(MecabLibrary.Name, typeof(MecabLibrary).Assembly, searchPath: null, out _))
            throw Missing(modelId, $"The library [{MecabLibrary.Name}] is not installed");
        if (!File.Exists(Path.Combine(path, "sys.dic")))
            throw Missing(modelId, $"{named} is not installed");
        // No configuration file of the machine: it could name another dictionary. Unknown words are grouped at any length, as in Elasticsearch.
        string[] arguments = ["mecab", "--rcfile=/dev/null", $"--dicdir={path}", $"--max-grouping-size={JapaneseTokenizer.MaxRunLength}"];
        var model = MecabLibrary.NewModel(arguments.Length, arguments);
        if (model.IsInvalid)
            throw Missing(modelId, $"{named} cannot be read by MeCab");
        if (CharsetOf(model) is var charset && charset is not ("UTF-8" or "UTF8"))
        {
            model.Dispose();
            throw Missing(modelId, $"{named} is in [{charset}], not in [UTF-8]");
        }

        return new(model);
    }

    private static unsafe string CharsetOf(MecabModel model) =>
        Marshal.PtrToStringUTF8(MecabLibrary.DictionaryOf(model)->Charset)?.ToUpperInvariant() ?? "";

    private static MlException Missing(string modelId, string what) =>
        new(MlErrorKind.ModelFailed, $"{what}; trained model [{modelId}] has the tokenizer [bert_ja], {Needs}");
}
