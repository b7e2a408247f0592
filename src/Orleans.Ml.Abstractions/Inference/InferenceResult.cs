using System.Collections.Immutable;

namespace Orleans.Ml.Inference;

/// <summary>The result of one document; one kind per shape of answer.</summary>
/// <param name="IsTruncated">Whether the text was cut to the model's maximum length.</param>
[GenerateSerializer, Immutable, Alias("ml.InferenceResult")]
public abstract record InferenceResult([property: Id(0)] bool IsTruncated);

/// <summary>A vector.</summary>
/// <param name="Values">Little-endian float32, 4 bytes each; shape <c>[dimensions]</c>.</param>
/// <param name="IsTruncated">Whether the text was cut.</param>
[GenerateSerializer, Immutable, Alias("ml.EmbeddingResult")]
public sealed record EmbeddingResult([property: Id(0)] byte[] Values, bool IsTruncated) : InferenceResult(IsTruncated);

/// <summary>Rows of numbers, as the model gave them.</summary>
/// <param name="Values">Little-endian float32, shape <c>[rows, columns]</c>, row by row.</param>
/// <param name="Columns">Numbers in a row.</param>
/// <param name="IsTruncated">Whether the text was cut.</param>
[GenerateSerializer, Immutable, Alias("ml.RawResult")]
public sealed record RawResult([property: Id(0)] byte[] Values, [property: Id(1)] int Columns, bool IsTruncated) : InferenceResult(IsTruncated);

/// <summary>The best class, and more of them if asked for.</summary>
/// <param name="PredictedValue">The best label.</param>
/// <param name="PredictionProbability">Its probability, 0 to 1.</param>
/// <param name="TopClasses">Descending by probability; empty when none were asked for.</param>
/// <param name="IsTruncated">Whether the text was cut.</param>
[GenerateSerializer, Immutable, Alias("ml.ClassificationResult")]
public sealed record ClassificationResult(
    [property: Id(0)] string PredictedValue,
    [property: Id(1)] double PredictionProbability,
    [property: Id(2)] ImmutableArray<TopClass> TopClasses,
    bool IsTruncated) : InferenceResult(IsTruncated);

/// <summary>A label and its probability, 0 to 1.</summary>
[GenerateSerializer, Immutable, Alias("ml.TopClass")]
public readonly record struct TopClass([property: Id(0)] string ClassName, [property: Id(1)] double Probability);

/// <summary>Named entities.</summary>
/// <param name="AnnotatedText">The text with entities written as <c>[surface](CLASS&amp;surface)</c>.</param>
/// <param name="Entities">In text order; may be empty.</param>
/// <param name="IsTruncated">Whether the text was cut.</param>
[GenerateSerializer, Immutable, Alias("ml.NerResult")]
public sealed record NerResult(
    [property: Id(0)] string AnnotatedText,
    [property: Id(1)] ImmutableArray<NamedEntity> Entities,
    bool IsTruncated) : InferenceResult(IsTruncated);

/// <summary>One named entity.</summary>
/// <param name="Entity">Its text; lower-cased when the model lower-cases.</param>
/// <param name="ClassName">Upper-case class, such as PER.</param>
/// <param name="ClassProbability">Mean over its words, 0 to 1.</param>
/// <param name="StartPos">First UTF-16 unit in the original text.</param>
/// <param name="EndPos">One past the last UTF-16 unit.</param>
[GenerateSerializer, Immutable, Alias("ml.NamedEntity")]
public sealed record NamedEntity(
    [property: Id(0)] string Entity,
    [property: Id(1)] string ClassName,
    [property: Id(2)] double ClassProbability,
    [property: Id(3)] int StartPos,
    [property: Id(4)] int EndPos);

/// <summary>The word at the mask of a text.</summary>
/// <param name="PredictedValue">The best token.</param>
/// <param name="PredictionProbability">Its probability, 0 to 1.</param>
/// <param name="PredictedSequence">The text with the best token in the mask's place.</param>
/// <param name="TopClasses">Tokens descending by probability; empty when none were asked for.</param>
/// <param name="IsTruncated">Whether the text was cut.</param>
[GenerateSerializer, Immutable, Alias("ml.FillMaskResult")]
public sealed record FillMaskResult(
    [property: Id(0)] string PredictedValue,
    [property: Id(1)] double PredictionProbability,
    [property: Id(2)] string PredictedSequence,
    [property: Id(3)] ImmutableArray<TopClass> TopClasses,
    bool IsTruncated) : InferenceResult(IsTruncated);

/// <summary>The part of a text that answers a question.</summary>
/// <param name="Best">The best answer.</param>
/// <param name="TopAnswers">Descending by score, the best included; empty when none were asked for.</param>
/// <param name="IsTruncated">Whether question or text was cut.</param>
[GenerateSerializer, Immutable, Alias("ml.QuestionAnsweringResult")]
public sealed record QuestionAnsweringResult(
    [property: Id(0)] TopAnswer Best,
    [property: Id(1)] ImmutableArray<TopAnswer> TopAnswers,
    bool IsTruncated) : InferenceResult(IsTruncated);

/// <summary>A part of a text as an answer.</summary>
/// <param name="Answer">Its text as received.</param>
/// <param name="StartOffset">First UTF-16 unit in the text.</param>
/// <param name="EndOffset">One past the last UTF-16 unit.</param>
/// <param name="Score">Probability of its start times that of its end, 0 to 1.</param>
[GenerateSerializer, Immutable, Alias("ml.TopAnswer")]
public readonly record struct TopAnswer(
    [property: Id(0)] string Answer, [property: Id(1)] int StartOffset, [property: Id(2)] int EndOffset, [property: Id(3)] double Score);

/// <summary>Weights of tokens.</summary>
/// <param name="Tokens">Descending by weight; each token once.</param>
/// <param name="IsTruncated">Whether the text was cut.</param>
[GenerateSerializer, Immutable, Alias("ml.TextExpansionResult")]
public sealed record TextExpansionResult([property: Id(0)] ImmutableArray<WeightedToken> Tokens, bool IsTruncated) : InferenceResult(IsTruncated);

/// <summary>A token and its weight, above 0. Dots of the token are written as two underscores: field names cannot hold them.</summary>
[GenerateSerializer, Immutable, Alias("ml.WeightedToken")]
public readonly record struct WeightedToken([property: Id(0)] string Token, [property: Id(1)] float Weight);

/// <summary>How near two texts are.</summary>
/// <param name="Score">The model's own number, of any range.</param>
/// <param name="IsTruncated">Whether a text was cut.</param>
[GenerateSerializer, Immutable, Alias("ml.TextSimilarityResult")]
public sealed record TextSimilarityResult([property: Id(0)] double Score, bool IsTruncated) : InferenceResult(IsTruncated);
