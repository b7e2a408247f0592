using System.Net;
using System.Text;
using System.Text.Json;

namespace Orleans.Ml.Silo.Tests.Samples;

/// <summary>The trained-model API as far as registering and starting a model goes, in memory.</summary>
internal sealed class FakeModelServer : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, FakeModel> _models = [];

    /// <summary>Why starts are refused; null to let them pass.</summary>
    public (HttpStatusCode Status, string Reason)? StartRefusal { get; set; }

    /// <summary>Answers with 503 this many times before anything else.</summary>
    public int UnavailableAnswers { get; set; }

    /// <summary>Requests as <c>METHOD path?query</c>, without the looking around.</summary>
    public List<string> Changes { get; } = [];

    public FakeModel this[string id]
    {
        get
        {
            lock (_lock)
                return _models[id];
        }
        set
        {
            lock (_lock)
                _models[id] = value;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        lock (_lock)
        {
            if (request.Method != HttpMethod.Get)
                Changes.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
            if (UnavailableAnswers-- > 0)
                return Refuse(HttpStatusCode.ServiceUnavailable, "not yet");
            return Answer(request.Method.Method, request.RequestUri!.AbsolutePath.Split('/')[3..], body);
        }
    }

    private HttpResponseMessage Answer(string method, string[] path, byte[] body)
    {
        if (path is ["_stats"])
            return Json("{}");
        var id = path[0];
        if ((method, path) is ("PUT", [_]))
        {
            _models[id] = new() { Config = Encoding.UTF8.GetString(body) };
            return Json("{}");
        }

        if (!_models.TryGetValue(id, out var model))
            return Refuse(HttpStatusCode.NotFound, $"No known trained model with model_id [{id}]");
        switch (method, path)
        {
            case ("GET", [_]):
                return Json("{}");
            case ("GET", [_, "_stats"]):
                return Json($$"""{"trained_model_stats":[{{{(model.NextState() is { } state ? $$"""
                    "deployment_stats":{"deployment_id":"{{id}}","state":"{{state}}","nodes":[{"routing_state":{"reason":"the worker died"} }] }
                    """ : "")}}}]}""");
            case ("PUT", [_, "definition", var number]):
                using (var json = JsonDocument.Parse(body))
                {
                    model.Parts[int.Parse(number, null)] = json.RootElement.GetProperty("definition").GetBytesFromBase64();
                    model.TotalLength = json.RootElement.GetProperty("total_definition_length").GetInt64();
                    model.TotalParts = json.RootElement.GetProperty("total_parts").GetInt32();
                }

                return Json("{}");
            case ("PUT", [_, "vocabulary"]):
                model.Vocabulary = body;
                return Json("{}");
            case ("DELETE", [_]):
                _models.Remove(id);
                return Json("{}");
            case ("POST", [_, "deployment", "_start"]) when StartRefusal is { } refusal:
                return Refuse(refusal.Status, refusal.Reason);
            case ("POST", [_, "deployment", "_start"]) when model.Vocabulary is null:
                return Refuse(HttpStatusCode.InternalServerError, "Could not find the vocabulary document");
            case ("POST", [_, "deployment", "_start"]):
                model.States.Enqueue("started");
                return Json("{}");
            default:
                return Refuse(HttpStatusCode.BadRequest, "unknown request");
        }
    }

    private static HttpResponseMessage Json(string text) => new(HttpStatusCode.OK) { Content = new StringContent(text, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Refuse(HttpStatusCode status, string reason) =>
        new(status) { Content = new StringContent(JsonSerializer.Serialize(new { error = new { type = "status_exception", reason }, status = (int)status })) };
}

/// <summary>A model on that server.</summary>
internal sealed class FakeModel
{
    public string Config { get; init; } = "";

    public SortedDictionary<int, byte[]> Parts { get; } = [];

    public long TotalLength { get; set; }

    public int TotalParts { get; set; }

    public byte[]? Vocabulary { get; set; }

    /// <summary>States of its deployment that <c>_stats</c> tells one after the other; the last one stays.</summary>
    public Queue<string> States { get; init; } = [];

    public string? NextState() => States.Count > 1 ? States.Dequeue() : States.TryPeek(out var state) ? state : null;
}
