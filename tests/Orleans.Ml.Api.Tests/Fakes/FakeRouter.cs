using Orleans.Ml.Client;
using Orleans.Ml.Deployments;
using Orleans.Ml.Inference;

namespace Orleans.Ml.Api.Tests.Fakes;

/// <summary>The inference router, without nodes behind it.</summary>
internal sealed class FakeRouter : IInferenceRouter
{
    /// <summary>The member that holds the text in the deployments it knows.</summary>
    public string InputField { get; set; } = "text_field";

    /// <summary>What it was asked last.</summary>
    public InferenceInput? Asked { get; private set; }

    /// <summary>What it answers; by default one vector per document.</summary>
    public Func<InferenceInput, InferenceReply>? OnInfer { get; set; }

    public ValueTask<Assignment> ResolveAsync(string id, CancellationToken cancellationToken) => id == "unknown"
        ? throw new MlException(MlErrorKind.NotFound, $"no model [{id}]")
        : ValueTask.FromResult(Given.Assignment(new(id, id)) is var a ? a with { TaskParameters = a.TaskParameters with { InputField = InputField } } : null!);

    public ValueTask<InferenceReply> InferAsync(Assignment deployment, InferenceInput input, CancellationToken cancellationToken)
    {
        Asked = input;
        return ValueTask.FromResult(OnInfer?.Invoke(input) ?? InferenceReply.Ok([.. input.Texts.Select(_ => Given.Embedding(1.5f))], null));
    }
}
