using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Orleans.Ml.Api.Contracts.Tasks;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts;

/// <summary>The body that creates a model. Rules: models-nlp-ingest-security.md §1.1.</summary>
internal sealed class CreateModelRequest
{
    private const string Owner = "trained_model_config";

    private readonly List<string> _problems = [];
    private string? _modelType;
    private string? _description;
    private string? _platformArchitecture;
    private ImmutableArray<string> _tags = [];
    private ImmutableArray<string> _inputFieldNames = [TrainedModelConfig.DefaultInputField];
    private InferenceConfig? _inferenceConfig;
    private PrefixStrings? _prefixStrings;
    private MetadataJson _metadata;
    private long _modelSizeBytes;
    private long _estimatedOperations;

    /// <summary>Reads and validates a body.</summary>
    /// <exception cref="MlException">Broken JSON or wrong types at once, then all problems of the content together.</exception>
    public static TrainedModelConfig Read(string modelId, JsonElement body, string instance, DateTimeOffset now)
    {
        var request = new CreateModelRequest();
        foreach (var member in JsonMember.Of(body, Owner))
            request.Take(member, modelId);
        request.Validate(modelId);
        return new TrainedModelConfig(modelId, instance, request._description, request._tags, request._metadata.Utf8, request._inputFieldNames,
            request._inferenceConfig!, DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()),
            request._modelSizeBytes, request._estimatedOperations, request._platformArchitecture, request._prefixStrings,
            request._metadata.PerDeploymentMemoryBytes, request._metadata.PerAllocationMemoryBytes);
    }

    private void Take(JsonMember member, string modelId)
    {
        switch (member.Name)
        {
            case "model_id":
                if (member.String() is var bodyId && bodyId != modelId)
                    throw new MlException(MlErrorKind.BadRequest,
                        $"[model_id] in the body [{Excerpt.Of(bodyId)}] must be the one in the path [{Excerpt.Of(modelId)}]");
                break;
            case "model_type":
                _modelType = member.String().Trim();
                if (!_modelType.Equals("pytorch", StringComparison.OrdinalIgnoreCase))
                    throw member.Caused(MlErrorKind.IllegalArgument,
                        $"[model_type] [{Excerpt.Of(_modelType)}] is not supported; supported is [pytorch]");
                break;
            case "description":
                _description = member.String();
                break;
            case "tags":
                _tags = member.Strings();
                break;
            case "metadata":
                _metadata = MetadataJson.Read(member, _problems);
                break;
            case "input":
                ReadInput(member);
                break;
            case "inference_config":
                _inferenceConfig = member.IsNull ? null : ReadConfig(member);
                break;
            case "model_size_bytes" or "estimated_heap_memory_usage_bytes":
                _modelSizeBytes = member.Int64();
                break;
            case "estimated_operations":
                _estimatedOperations = member.Int64();
                break;
            case "platform_architecture":
                _platformArchitecture = member.String();
                break;
            case "prefix_strings":
                _prefixStrings = ReadPrefixes(member);
                break;
            case "location" or "created_by" or "version" or "create_time" or "license_level" or "model_package":
                _problems.Add($"illegal to set [{member.Name}] at model creation");
                break;
            case "definition" or "compressed_definition" or "default_field_map":
                _problems.Add($"[{member.Name}] belongs to tree models; supported are models of type [pytorch], whose definition comes in parts");
                break;
            default:
                throw member.Unknown();
        }
    }

    private void Validate(string modelId)
    {
        if (!ModelIds.HasForm(modelId))
            _problems.Add($"invalid [model_id] [{Excerpt.Of(modelId)}]: it {ModelIds.Rule}");
        if (modelId.Length > ModelIds.MaxLength)
            _problems.Add($"invalid [model_id] [{Excerpt.Of(modelId)}]: it must be at most [{ModelIds.MaxLength}] characters long");
        var badTags = _tags.Where(t => !ModelIds.IsValid(t)).ToList();
        if (badTags.Count > 0)
            _problems.Add($"invalid [tags] [{Excerpt.Of(string.Join(", ", badTags))}]: each {ModelIds.Rule}, [{ModelIds.MaxLength}] characters at most");
        if (_tags.Contains(modelId))
            _problems.Add($"none of the [tags] may equal [model_id] [{Excerpt.Of(modelId)}]");
        if (_modelType is null)
            _problems.Add("[model_type] must be set, because no definition comes with the model");
        if (_inferenceConfig is null)
            _problems.Add("[inference_config] must be set");
        if (_problems.Count > 0)
            throw MlException.Validation(_problems);
        RequireNotNegative("model_size_bytes", _modelSizeBytes);
        RequireNotNegative("estimated_operations", _estimatedOperations);
    }

    private void ReadInput(JsonMember input)
    {
        _inputFieldNames = [];
        foreach (var member in input.Members())
            _inputFieldNames = member.Name == "field_names" ? member.Strings() : throw member.Unknown();
        if (_inputFieldNames.IsEmpty)
            _problems.Add("[input.field_names] must not be empty");
        foreach (var name in _inputFieldNames.Where(n => n.Split('.').Any(string.IsNullOrEmpty)))
            _problems.Add($"[input.field_names] has a name with an empty part: [{Excerpt.Of(name)}]");
    }

    private static InferenceConfig ReadConfig(JsonMember member)
    {
        try
        {
            return InferenceConfigJson.Read(member);
        }
        catch (MlException inner) when (inner.Kind == MlErrorKind.IllegalArgument)
        {
            throw member.Caused(inner.Kind, inner.Message);
        }
    }

    private static PrefixStrings ReadPrefixes(JsonMember prefixes)
    {
        var read = new PrefixStrings(null, null);
        foreach (var member in prefixes.Members())
        {
            read = member.Name switch
            {
                "ingest" => read with { Ingest = member.String() },
                "search" => read with { Search = member.String() },
                _ => throw member.Unknown(),
            };
        }

        return read;
    }

    private static void RequireNotNegative(string name, long value)
    {
        if (value < 0)
            throw new MlException(MlErrorKind.IllegalArgument, $"[{name}] must be greater than or equal to 0, was [{value}]");
    }
}

/// <summary>The free <c>metadata</c> of a model, of which two numbers count.</summary>
internal readonly record struct MetadataJson(byte[]? Utf8, long PerDeploymentMemoryBytes, long PerAllocationMemoryBytes)
{
    public static MetadataJson Read(JsonMember metadata, List<string> problems)
    {
        long perDeployment = 0, perAllocation = 0;
        foreach (var member in metadata.Members())
        {
            switch (member.Name)
            {
                case "per_deployment_memory_bytes":
                    perDeployment = Memory(member, problems);
                    break;
                case "per_allocation_memory_bytes":
                    perAllocation = Memory(member, problems);
                    break;
                case "total_feature_importance" or "model_aliases":
                    problems.Add($"illegal to set [metadata.{member.Name}] at model creation");
                    break;
            }
        }

        return new(Encoding.UTF8.GetBytes(metadata.Value.GetRawText()), perDeployment, perAllocation);
    }

    // eland sends floats as well; a fraction of a byte says nothing.
    private static long Memory(JsonMember member, List<string> problems)
    {
        if (JsonNumber.TryGetInt64(member.Value, out var bytes) && bytes >= 0)
            return bytes;
        if (member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetDouble(out var number) && number is >= 0 and < long.MaxValue)
            return (long)number;
        problems.Add($"[metadata.{member.Name}] must be a number of bytes, at least 0, was [{Excerpt.Of(member.Value.GetRawText())}]");
        return 0;
    }
}
