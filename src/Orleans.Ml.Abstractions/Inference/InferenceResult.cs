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
