namespace Orleans.Ml;

/// <summary>A broken or refused request. Expected outcomes of an inference are values (<see cref="Inference.InferenceReply"/>), not this.</summary>
[GenerateSerializer, Alias("ml.MlException")]
public sealed class MlException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="kind">Decides HTTP status and type.</param>
    /// <param name="reason">Names the id, the limit and the value.</param>
    /// <param name="cause">What was behind it, shown as <c>caused_by</c>.</param>
    public MlException(MlErrorKind kind, string reason, MlException? cause = null)
        : base(reason, cause) => Kind = kind;

    /// <summary>Decides HTTP status and Elasticsearch <c>type</c>.</summary>
    [Id(0)]
    public MlErrorKind Kind { get; }

    /// <summary>Several problems of one request in one answer, numbered as Elasticsearch numbers them.</summary>
    public static MlException Validation(IReadOnlyList<string> problems) =>
        new(MlErrorKind.RequestValidation, "Validation Failed: " + string.Concat(problems.Select((problem, i) => $"{i + 1}: {problem};")));
}
