using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orleans.Ml.Api.Contracts.Tasks;
using Orleans.Ml.Api.Wire;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Contracts;

/// <summary>The body of an inference. Rules: models-nlp-ingest-security.md §2.1, deployment-runtime.md §1.4.</summary>
/// <param name="Docs">An array of objects, at least one.</param>
/// <param name="Timeout">What the caller allows.</param>
/// <param name="Update">What the request changes of the model's configuration.</param>
internal readonly record struct InferRequest(JsonElement Docs, TimeSpan Timeout, InferenceUpdate? Update)
{
    private const string Owner = "infer_trained_model";
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    // Timers cannot wait longer than 49 days; nobody waits a day.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    /// <summary>Reads and checks all but the documents' own members. The body must outlive what is returned.</summary>
    public static InferRequest Read(JsonElement body, TimeSpan? queryTimeout)
    {
        JsonElement docs = default;
        TimeSpan? bodyTimeout = null;
        InferenceUpdate? update = null;
        foreach (var property in body.EnumerateObject())
        {
            if (property.NameEquals("docs"u8))
                docs = property.Value;
            else if (property.NameEquals("timeout"u8))
                bodyTimeout = new JsonMember(Owner, "timeout", property.Value).Time();
            else if (property.NameEquals("inference_config"u8))
                update = InferenceConfigJson.ReadUpdate(new(Owner, "inference_config", property.Value));
            else if (property.NameEquals("id"u8))
                new JsonMember(Owner, "id", property.Value).String();
            else
                throw new JsonMember(Owner, property.Name, property.Value).Unknown();
        }

        CheckDocs(docs);
        var timeout = queryTimeout ?? bodyTimeout ?? DefaultTimeout;
        if (timeout <= TimeSpan.Zero)
            throw MlException.Validation([$"[timeout] must be positive, was [{TimeValue.Format(timeout)}]"]);
        return new(docs, timeout < LongestTimeout ? timeout : LongestTimeout, update);
    }

    /// <summary>Takes the text out of every document.</summary>
    /// <param name="inputField">A member's name; dots walk nested objects, unless a member has them in its name.</param>
    public InferenceInput ToInput(string inputField)
    {
        var texts = new string[Docs.GetArrayLength()];
        var i = 0;
        foreach (var document in Docs.EnumerateArray())
        {
            if (!TryFind(document, inputField, out var value) || value.ValueKind == JsonValueKind.Null)
                throw new MlException(MlErrorKind.BadRequest, $"no text at input field [{inputField}] of document [{i}]; it is missing or null");
            if (value.ValueKind != JsonValueKind.String)
            {
                throw new MlException(MlErrorKind.BadRequest,
                    $"input field [{inputField}] of document [{i}] must be a string, was [{Excerpt.Of(value.GetRawText())}]");
            }

            texts[i++] = value.GetString()!;
        }

        return new(ImmutableCollectionsMarshal.AsImmutableArray(texts), Update, Timeout);
    }

    private static void CheckDocs(JsonElement docs)
    {
        if (docs.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            throw new MlException(MlErrorKind.IllegalArgument, "[docs] must not be null");
        if (docs.ValueKind != JsonValueKind.Array)
            throw new JsonMember(Owner, "docs", docs).Problem("must be an array of objects");
        foreach (var document in docs.EnumerateArray())
        {
            if (document.ValueKind != JsonValueKind.Object)
                throw new JsonMember(Owner, "docs", docs).Problem($"must be an array of objects, has [{Excerpt.Of(document.GetRawText())}]");
        }

        if (docs.GetArrayLength() == 0)
            throw MlException.Validation(["[docs] must hold at least one document"]);
    }

    private static bool TryFind(JsonElement document, ReadOnlySpan<char> path, out JsonElement value)
    {
        if (document.TryGetProperty(path, out value))
            return true;
        for (var dot = path.IndexOf('.'); dot >= 0; dot = NextDot(path, dot))
        {
            if (!document.TryGetProperty(path[..dot], out var nested) || nested.ValueKind != JsonValueKind.Object)
                continue;
            if (TryFind(nested, path[(dot + 1)..], out value))
                return true;
        }

        value = default;
        return false;
    }

    private static int NextDot(ReadOnlySpan<char> path, int dot)
    {
        var next = path[(dot + 1)..].IndexOf('.');
        return next < 0 ? next : dot + 1 + next;
    }
}
