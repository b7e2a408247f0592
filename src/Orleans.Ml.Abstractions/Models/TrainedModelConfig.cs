using System.Collections.Immutable;

namespace Orleans.Ml.Models;

/// <summary>A stored model's configuration, as created and completed by the server.</summary>
/// <param name="ModelId">The model's id.</param>
/// <param name="Instance">Which creation of that id; files of the model are kept under it.</param>
/// <param name="Description">Free text; null when not given.</param>
/// <param name="Tags">Free labels.</param>
/// <param name="MetadataJson">The <c>metadata</c> object as UTF-8 JSON; null when not given.</param>
/// <param name="InputFieldNames">Where documents hold the text; the first counts.</param>
/// <param name="InferenceConfig">What the model is for.</param>
/// <param name="CreateTime">When it was created.</param>
/// <param name="ModelSizeBytes">As given, or the definition's length once its first part has come.</param>
/// <param name="EstimatedOperations">As given.</param>
/// <param name="PlatformArchitecture">As given, such as <c>linux-x86_64</c>.</param>
/// <param name="PrefixStrings">Texts put before inputs by ingest and search.</param>
/// <param name="PerDeploymentMemoryBytes">From the metadata; 0 when unknown.</param>
/// <param name="PerAllocationMemoryBytes">From the metadata; 0 when unknown.</param>
[GenerateSerializer, Immutable, Alias("ml.TrainedModelConfig")]
public sealed record TrainedModelConfig(
    [property: Id(0)] string ModelId,
    [property: Id(1)] string Instance,
    [property: Id(2)] string? Description,
    [property: Id(3)] ImmutableArray<string> Tags,
    [property: Id(4)] byte[]? MetadataJson,
    [property: Id(5)] ImmutableArray<string> InputFieldNames,
    [property: Id(6)] InferenceConfig InferenceConfig,
    [property: Id(7)] DateTimeOffset CreateTime,
    [property: Id(8)] long ModelSizeBytes,
    [property: Id(9)] long EstimatedOperations,
    [property: Id(10)] string? PlatformArchitecture,
    [property: Id(11)] PrefixStrings? PrefixStrings,
    [property: Id(12)] long PerDeploymentMemoryBytes,
    [property: Id(13)] long PerAllocationMemoryBytes)
{
    /// <summary>The document member that holds the text when none is named.</summary>
    public const string DefaultInputField = "input";
}

/// <summary>Texts put before inputs; null for none.</summary>
[GenerateSerializer, Immutable, Alias("ml.PrefixStrings")]
public sealed record PrefixStrings([property: Id(0)] string? Ingest, [property: Id(1)] string? Search);

/// <summary>One stored part of a definition.</summary>
/// <param name="Number">Counts from 0; any order of arrival is legal.</param>
/// <param name="TotalParts">How many its sender announced.</param>
/// <param name="LengthBytes">Decoded length.</param>
/// <param name="TotalLengthBytes">Length of the whole definition as its sender announced it.</param>
/// <param name="FileName">The file of the model store that holds it.</param>
[GenerateSerializer, Immutable, Alias("ml.DefinitionPart")]
public sealed record DefinitionPart(
    [property: Id(0)] int Number,
    [property: Id(1)] int TotalParts,
    [property: Id(2)] long LengthBytes,
    [property: Id(3)] long TotalLengthBytes,
    [property: Id(4)] string FileName);

/// <summary>A stored model: its configuration and what of it has been uploaded.</summary>
/// <param name="Config">The configuration.</param>
/// <param name="Parts">Stored parts of the definition, ascending by number.</param>
/// <param name="VocabularyFile">The file of the model store that holds the vocabulary; null until uploaded.</param>
[GenerateSerializer, Immutable, Alias("ml.TrainedModel")]
public sealed record TrainedModel(
    [property: Id(0)] TrainedModelConfig Config,
    [property: Id(1)] ImmutableArray<DefinitionPart> Parts,
    [property: Id(2)] string? VocabularyFile)
{
    /// <summary>Why the definition cannot be loaded; null when it is complete. Rule: models-nlp-ingest-security.md §1.2.</summary>
    public MlException? FindDefinitionProblem()
    {
        var id = Config.ModelId;
        if (Parts.IsEmpty)
            return new(MlErrorKind.NotFound, $"Could not find the definition of trained model [{id}]: no part was uploaded");
        var first = Parts[0];
        foreach (var part in Parts)
        {
            if (part.TotalLengthBytes != first.TotalLengthBytes)
            {
                return new(MlErrorKind.BadRequest, $"[total_definition_length] must be the same in all definition parts of trained model [{id}]: " +
                    $"part [{first.Number}] has [{first.TotalLengthBytes}], part [{part.Number}] has [{part.TotalLengthBytes}]");
            }
        }

        var stored = Parts.Sum(p => p.LengthBytes);
        if (stored != first.TotalLengthBytes)
        {
            return new(MlErrorKind.BadRequest, $"The definition of trained model [{id}] is truncated: its [{Parts.Length}] parts hold [{stored}] bytes, " +
                $"[total_definition_length] is [{first.TotalLengthBytes}]");
        }

        // Equal sums with a missing number would be loaded in the wrong order; Elasticsearch does not look.
        return Parts[^1].Number == Parts.Length - 1 ? null : new(MlErrorKind.BadRequest,
            $"The definition of trained model [{id}] has [{Parts.Length}] parts but they are not numbered 0 to {Parts.Length - 1}: the last is [{Parts[^1].Number}]");
    }
}
