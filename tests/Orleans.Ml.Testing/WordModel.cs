using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;
using Orleans.Ml.Nlp;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Testing;

/// <summary>Text work that is easy to predict: a token is a word of the vocabulary, and a result is the model's numbers as they came.</summary>
public sealed class WordModel : NlpModel
{
    private readonly Dictionary<string, int> _ids;
    private readonly WordTask _stored;

    public WordModel(Vocabulary? vocabulary = null)
    {
        Vocabulary = vocabulary ?? new(["[PAD]", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]);
        _ids = Vocabulary.Tokens.Select((token, id) => (token, id)).ToDictionary(x => x.token, x => x.id, StringComparer.Ordinal);
        _stored = new(this, null);
    }

    public Vocabulary Vocabulary { get; }

    /// <summary>Texts that were prepared, in order.</summary>
    public ConcurrentQueue<string> PreparedTexts { get; } = new();

    /// <summary>Called with each text before it is prepared, on the thread that prepares.</summary>
    public Action<string> BeforePrepare { get; set; } = _ => { };

    /// <summary>Called before an answer is interpreted.</summary>
    public Action<string> BeforeInterpret { get; set; } = _ => { };

    public override long PadTokenId => 0;

    public override int MaxLength => 512;

    public override int Arguments => 1;

    public override NlpTask Bind(InferenceUpdate? update) => update switch
    {
        null => _stored,
        PassThroughUpdate => new WordTask(this, update.ResultsField),
        _ => throw new MlException(MlErrorKind.Forbidden, $"the model is for [pass_through], not [{update.TaskName}]"),
    };

    /// <summary>What the fake worker's answer to a text becomes.</summary>
    public float[] IdsOf(string text) => [.. text.Split(' ').Select(word => (float)_ids[word])];

    private sealed class WordTask(WordModel model, string? resultsField) : NlpTask
    {
        public override string? ResultsField => resultsField;

        public override PreparedDocument Prepare(string text)
        {
            model.BeforePrepare(text);
            var words = text.Split(' ');
            var input = new ModelInput(1, words.Length, 1);
            for (var i = 0; i < words.Length; i++)
            {
                input.Values[i] = model._ids.TryGetValue(words[i], out var id)
                    ? id
                    : throw new MlException(MlErrorKind.BadRequest, $"[{words[i]}] is not in the vocabulary");
            }

            model.PreparedTexts.Enqueue(text);
            return new(text, input);
        }

        public override InferenceResult Interpret(PreparedDocument document, in ModelOutput output)
        {
            model.BeforeInterpret(document.Text);
            return new RawResult(MemoryMarshal.AsBytes(output.Values).ToArray(), output.Columns, IsTruncated: false);
        }
    }
}
