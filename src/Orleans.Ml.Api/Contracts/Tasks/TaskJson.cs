using System.Text.Json;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts.Tasks;

/// <summary>
/// One task's configuration in JSON. Another task is another file like those beside this one, and a line in <see cref="InferenceConfigJson"/>.
/// </summary>
internal abstract class TaskJson
{
    /// <summary>The task's name in the API.</summary>
    public abstract string Name { get; }

    /// <summary>Reads the configuration of a model and fills in what is not said.</summary>
    public abstract InferenceConfig Read(JsonMember task);

    /// <summary>Reads what a request changes.</summary>
    public abstract InferenceUpdate ReadUpdate(JsonMember task);

    /// <summary>Writes the members that only this task has, in Elasticsearch's order.</summary>
    public abstract void WriteOwnMembers(Utf8JsonWriter writer, InferenceConfig config);
}

/// <summary>The members that all tasks have.</summary>
internal sealed class CommonTaskMembers
{
    /// <summary>As read, or the default.</summary>
    public Tokenization Tokenization { get; private set; } = new();

    /// <summary>As read; null when not said.</summary>
    public TokenizationUpdate? TokenizationUpdate { get; private set; }

    /// <summary>As read; null when not said.</summary>
    public string? ResultsField { get; private set; }

    /// <summary>Takes in a member of a configuration that the task itself does not know.</summary>
    public void Read(JsonMember member)
    {
        switch (member.Name)
        {
            case "tokenization":
                Tokenization = TokenizationJson.Read(member);
                break;
            case "results_field":
                ResultsField = member.String();
                break;
            case "vocabulary":
                throw member.Caused(MlErrorKind.BadRequest, $"[vocabulary] must not be set when a model is created; upload it afterwards");
            default:
                throw member.Unknown();
        }
    }

    /// <summary>Takes in a member of an update that the task itself does not know.</summary>
    public void ReadUpdate(JsonMember member)
    {
        switch (member.Name)
        {
            case "tokenization":
                TokenizationUpdate = TokenizationJson.ReadUpdate(member);
                break;
            case "results_field":
                ResultsField = member.String();
                break;
            default:
                throw member.Unknown();
        }
    }

    /// <summary>Refuses windows for a task that has no way to join their results.</summary>
    public void ForbidSpan(string taskName)
    {
        var span = TokenizationUpdate?.Span ?? Tokenization.Span;
        if (span != Tokenization.NoSpan)
            throw new MlException(MlErrorKind.IllegalArgument,
                $"[{taskName}] does not support windowing long text sequences; [span] must be -1, was [{span}]");
    }
}
