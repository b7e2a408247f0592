using System.Collections.Immutable;
using Orleans.Ml.Models;

namespace Orleans.Ml.Inference;

/// <summary>Documents to run through a model.</summary>
/// <param name="Texts">One text per document, at least one.</param>
/// <param name="Update">Overrides of the model's configuration for this request; null for none.</param>
/// <param name="Timeout">What is left of the caller's time; covers queueing, text work and the model.</param>
[GenerateSerializer, Immutable, Alias("ml.InferenceInput")]
public sealed record InferenceInput(
    [property: Id(0)] ImmutableArray<string> Texts,
    [property: Id(1)] InferenceUpdate? Update,
    [property: Id(2)] TimeSpan Timeout);
