namespace Orleans.Ml.Models;

/// <summary>The part of a text that answers a question.</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member.</param>
/// <param name="NumTopClasses">How many answers are listed; 0 or more.</param>
/// <param name="MaxAnswerLength">Most tokens of an answer; at least 1.</param>
[GenerateSerializer, Immutable, Alias("ml.QuestionAnsweringConfig")]
public sealed record QuestionAnsweringConfig(
    Tokenization Tokenization,
    string? ResultsField,
    [property: Id(0)] int NumTopClasses,
    [property: Id(1)] int MaxAnswerLength) : InferenceConfig(Tokenization, ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public const string Name = "question_answering";

    /// <summary>Most tokens of an answer when nothing is said.</summary>
    public const int DefaultMaxAnswerLength = 15;

    /// <inheritdoc/>
    public override string TaskName => Name;
}

/// <summary>The question, and what a request may change of <see cref="QuestionAnsweringConfig"/>.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
/// <param name="Question">What is asked of every document.</param>
/// <param name="NumTopClasses">Null to keep the model's.</param>
/// <param name="MaxAnswerLength">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.QuestionAnsweringUpdate")]
public sealed record QuestionAnsweringUpdate(
    TokenizationUpdate? Tokenization,
    string? ResultsField,
    [property: Id(0)] string Question,
    [property: Id(1)] int? NumTopClasses,
    [property: Id(2)] int? MaxAnswerLength) : InferenceUpdate(Tokenization, ResultsField)
{
    /// <inheritdoc/>
    public override string TaskName => QuestionAnsweringConfig.Name;
}
