using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Errors;

/// <summary>
/// Gives the answers of the server itself the envelope: requests whose line or headers it cannot read never reach an endpoint, and it would answer them
/// with a status and no body. It tells of each through its diagnostics, before it answers. Needs the <see cref="RefusalTransport"/> on its connections.
/// </summary>
internal sealed class RefusedRequests : IObserver<KeyValuePair<string, object?>>
{
    private const string Refused = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Listens for as long as the application lives. Requests in order pay nothing: nobody is told of them.</summary>
    public static void AnswerAll(DiagnosticListener diagnostics) => diagnostics.Subscribe(new RefusedRequests(), name => name == Refused);

    public void OnNext(KeyValuePair<string, object?> told)
    {
        if (told is { Key: Refused, Value: IFeatureCollection features }
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException refused
            && features.Get<IHttpResponseFeature>() is { HasStarted: false }
            && features.Get<IConnectionTransportFeature>()?.Transport is RefusalTransport transport)
        {
            transport.Answer(AnswerTo(refused));
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private static byte[] AnswerTo(BadHttpRequestException refused)
    {
        var error = ElasticErrors.From(refused);
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
            ErrorAnswer.Write(writer, error);
        var head = string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {error.Status} {ReasonPhrases.GetReasonPhrase(error.Status)}\r\nX-Elastic-Product: Elasticsearch\r\n" +
            $"Content-Type: {MediaTypes.Json}\r\nContent-Length: {body.WrittenCount}\r\nConnection: close\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. body.WrittenSpan];
    }
}
