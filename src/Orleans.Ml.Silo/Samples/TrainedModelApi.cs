using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Orleans.Ml.Silo.Samples;

/// <summary>The few calls of the trained-model API that a user makes to get a model served.</summary>
internal sealed class TrainedModelApi(HttpClient http)
{
    private const int PartBytes = 1024 * 1024;

    /// <summary>Whether the server answers at all; what it answers does not matter yet.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync("_ml/trained_models/_stats", cancellationToken);
            return answer.StatusCode < HttpStatusCode.InternalServerError;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Whether the model is registered.</summary>
    public async Task<bool> ExistsAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync(PathOf(id), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return false;
        await ThrowIfRefusedAsync(answer, cancellationToken);
        return true;
    }

    /// <summary>Registers a model: configuration, definition in parts, vocabulary.</summary>
    public async Task RegisterAsync(SampleModel sample, CancellationToken cancellationToken)
    {
        await PutAsync(PathOf(sample.Id), await File.ReadAllBytesAsync(sample.ConfigPath, cancellationToken), cancellationToken);
        await using (var definition = File.OpenRead(sample.DefinitionPath))
        {
            var parts = (int)((definition.Length + PartBytes - 1) / PartBytes);
            var part = new byte[PartBytes];
            for (var number = 0; number < parts; number++)
            {
                var length = await definition.ReadAtLeastAsync(part, PartBytes, throwOnEndOfStream: false, cancellationToken);
                await PutAsync($"{PathOf(sample.Id)}/definition/{number}", PartBody(part.AsSpan(0, length), definition.Length, parts), cancellationToken);
            }
        }

        await PutAsync($"{PathOf(sample.Id)}/vocabulary", await File.ReadAllBytesAsync(sample.VocabularyPath, cancellationToken), cancellationToken);
    }

    /// <summary>Deletes a model.</summary>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await http.DeleteAsync(PathOf(id), cancellationToken);
        await ThrowIfRefusedAsync(answer, cancellationToken);
    }

    /// <summary>
    /// Starts the model's deployment and waits until it serves. Low priority: it takes no processor away from the user's own models, and on a small
    /// machine all samples fit.
    /// </summary>
    public async Task StartAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await http.PostAsync($"{PathOf(id)}/deployment/_start?wait_for=started&timeout=60s&priority=low", content: null, cancellationToken);
        await ThrowIfRefusedAsync(answer, cancellationToken);
    }

    /// <summary>How far the deployment of the model's own name is; others of the same model are the user's.</summary>
    public async Task<DeploymentProgress> GetProgressAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync($"{PathOf(id)}/_stats", cancellationToken);
        await ThrowIfRefusedAsync(answer, cancellationToken);
        using var stats = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        foreach (var model in stats.RootElement.GetProperty("trained_model_stats").EnumerateArray())
        {
            if (model.TryGetProperty("deployment_stats", out var deployment) && deployment.GetProperty("deployment_id").GetString() == id)
                return DeploymentProgress.From(deployment);
        }

        return DeploymentProgress.NotDeployed;
    }

    private static string PathOf(string id) => $"_ml/trained_models/{Uri.EscapeDataString(id)}";

    private static byte[] PartBody(ReadOnlySpan<byte> part, long totalLength, int totalParts)
    {
        var body = new ArrayBufferWriter<byte>((part.Length * 4 / 3) + 128);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteBase64String("definition", part);
            json.WriteNumber("total_definition_length", totalLength);
            json.WriteNumber("total_parts", totalParts);
            json.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }

    private async Task PutAsync(string path, byte[] body, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await http.PutAsync(path, content, cancellationToken);
        await ThrowIfRefusedAsync(answer, cancellationToken);
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode)
            throw await ApiRefusal.ReadAsync(answer, cancellationToken);
    }
}
