using System.Net;
using System.Text.Json;

namespace Orleans.Ml.Silo.Samples;

/// <summary>The API answered a request of ours with an error.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="reason">The server's own words.</param>
internal sealed class ApiRefusal(HttpStatusCode status, string reason) : Exception($"{reason} (HTTP {(int)status})")
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>Reads Elasticsearch's error envelope; anything else is quoted as it is.</summary>
    public static async Task<ApiRefusal> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using var json = JsonDocument.Parse(body);
            var reason = json.RootElement.GetProperty("error").GetProperty("reason").GetString();
            return new(answer.StatusCode, reason ?? body);
        }
        catch (Exception unknown) when (unknown is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new(answer.StatusCode, body.Length == 0 ? answer.ReasonPhrase ?? "no answer" : body);
        }
    }
}
