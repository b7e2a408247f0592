using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tasks;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp;

/// <summary>All text work of one loaded model: its tokenizer and its task. Immutable, safe on any thread.</summary>
public abstract class NlpModel
{
    /// <summary>Builds it.</summary>
    /// <exception cref="MlException">
    /// The vocabulary lacks special tokens (<see cref="MlErrorKind.Conflict"/>), labels are no tags (<see cref="MlErrorKind.StateValidation"/>),
    /// the tokenization contradicts itself (<see cref="MlErrorKind.IllegalArgument"/>), or this machine lacks what the tokenizer needs
    /// (<see cref="MlErrorKind.ModelFailed"/>).
    /// </exception>
    /// <param name="modelId">For messages.</param>
    /// <param name="config">What the model is for.</param>
    /// <param name="vocabulary">As uploaded.</param>
    /// <param name="options">Null for the defaults.</param>
    public static NlpModel Create(string modelId, InferenceConfig config, Vocabulary vocabulary, NlpOptions? options = null)
    {
        var tokenizer = Tokenizer.Create(modelId, config.Tokenization, vocabulary, options);
        var encoder = new SequenceEncoder(tokenizer, config.Tokenization, options?.ZeroTokenTypes ?? false);
        TextTask task = config switch
        {
            NerConfig ner => new NerTask(encoder, ner.ResultsField, IobTag.ParseAll(
                modelId, ner.ClassificationLabels.IsDefaultOrEmpty ? NerConfig.DefaultLabels : ner.ClassificationLabels)),
            TextClassificationConfig classification => new TextClassificationTask(
                encoder, classification.ResultsField, classification.ClassificationLabels, classification.NumTopClasses),
            TextEmbeddingConfig embedding => new TextEmbeddingTask(encoder, embedding.ResultsField),
            FillMaskConfig fillMask => new FillMaskTask(encoder, fillMask.ResultsField, vocabulary, fillMask.NumTopClasses),
            QuestionAnsweringConfig answering => new QuestionAnsweringTask(
                encoder, answering.ResultsField, question: null, answering.NumTopClasses, answering.MaxAnswerLength),
            ZeroShotClassificationConfig zeroShot => new ZeroShotClassificationTask(
                encoder, zeroShot.ResultsField, new(zeroShot), zeroShot.Labels, zeroShot.MultiLabel),
            TextExpansionConfig expansion => new TextExpansionTask(encoder, expansion.ResultsField, vocabulary, expansion.ExpansionType),
            TextSimilarityConfig similarity => new TextSimilarityTask(encoder, similarity.ResultsField, query: null, similarity.SpanScoreCombination),
            PassThroughConfig passThrough => new PassThroughTask(encoder, passThrough.ResultsField),
            _ => throw new MlException(MlErrorKind.BadRequest,
                $"Trained model [{modelId}] is for the task [{config.TaskName}], which this version does not have"),
        };
        config.Tokenization.Validate(task.Name, task.AllowsSpan);
        return new TextModel(modelId, tokenizer, task);
    }

    /// <summary>How many int64 tensors the tokenizer supplies: what the model's <c>forward</c> has to take.</summary>
    public abstract int Arguments { get; }

    /// <summary>A token id that every row may hold: what a warm-up fills its rows with.</summary>
    public abstract long PadTokenId { get; }

    /// <summary>Most tokens of a row, special tokens included.</summary>
    public abstract int MaxLength { get; }

    /// <summary>The task with a request's overrides applied; <paramref name="update"/> null gives the stored task without an allocation.</summary>
    /// <exception cref="MlException">Another task's update (<see cref="MlErrorKind.Forbidden"/>), or values that do not fit (400 kinds).</exception>
    public abstract NlpTask Bind(InferenceUpdate? update);
}
