using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Inference;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class InferenceEndpointsTests : IAsyncLifetime
{
    private const string Uri = "/_ml/trained_models/m/_infer";
    private const string TwoDocs = """{"docs":[{"text_field":"first","other":[1,{}]},{"text_field":""}]}""";
    private const string OneDoc = """{"docs":[{"text_field":"x"}]}""";

    private readonly ErrorLog _log = new();
    private ApiHost _api = null!;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(logging: l => l.AddProvider(_log));

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Infer_PassesTextsInOrder()
    {
        var answer = await _api.SendAsync("POST", Uri, TwoDocs);

        Assert.Equal(["first", ""], _api.Router.Asked!.Texts);
        Assert.Equal("""{"inference_results":[{"predicted_value":[1.5]},{"predicted_value":[1.5]}]}""", answer.Body);
        Assert.Equal("75", answer.Headers["Content-Length"]);
    }

    [Theory]
    [InlineData("", "", 10)]
    [InlineData("", ",\"timeout\":\"3s\"", 3)]
    [InlineData("?timeout=5s", ",\"timeout\":\"3s\"", 5)]
    [InlineData("?timeout=4000d", "", 86_400)]
    public async Task Infer_TakesTheTimeoutOfQueryBeforeBody(string query, string member, double seconds)
    {
        await _api.SendAsync("POST", Uri + query, OneDoc[..^1] + member + "}");

        Assert.Equal(TimeSpan.FromSeconds(seconds), _api.Router.Asked!.Timeout);
    }

    [Theory]
    [InlineData("a.b", """{"a":{"b":"x"}}""")]
    [InlineData("a.b", """{"a.b":"x","a":{"b":"y"}}""")]
    [InlineData("a.b.c", """{"a.b":{"c":"x"}}""")]
    [InlineData("a.b.c", """{"a":{"z":1},"a.b":{"c":"x"}}""")]
    [InlineData("a.b.c", """{"a":{"b.c":"x"}}""")]
    public async Task Infer_FindsDottedFields(string field, string document)
    {
        _api.Router.InputField = field;

        await _api.SendAsync("POST", Uri, $$"""{"docs":[{{document}}]}""");

        Assert.Equal(["x"], _api.Router.Asked!.Texts);
    }

    public static TheoryData<string, InferenceUpdate> Updates => new()
    {
        { """{"ner":{}}""", new NerUpdate(null, null) },
        { """{"ner":{"results_field":"r","tokenization":{"bert":{"truncate":"None","span":-1}}}}""", new NerUpdate(new(TokenizerKind.Bert, Truncate.None, -1), "r") },
        { """{"text_embedding":{"tokenization":{"bert":{"truncate":"second"}}}}""", new TextEmbeddingUpdate(new(TokenizerKind.Bert, Truncate.Second, null), null) },
        { """{"pass_through":{"tokenization":{"bert":{"span":8,"truncate":"none"}}}}""", new PassThroughUpdate(new(TokenizerKind.Bert, Truncate.None, 8), null) },
        { """{"text_classification":{"num_top_classes":-1}}""", new TextClassificationUpdate(null, null, null, -1) },
    };

    [Theory]
    [MemberData(nameof(Updates))]
    public async Task Infer_ReadsTheConfigurationOfTheRequest(string config, InferenceUpdate expected)
    {
        await _api.SendAsync("POST", Uri, OneDoc[..^1] + ",\"inference_config\":" + config + "}");

        Assert.Equal(expected, _api.Router.Asked!.Update);
    }

    public static TheoryData<InferenceResult, string> Results => new()
    {
        { Given.Embedding(0.1f, -2f, float.NaN, float.PositiveInfinity), """{"predicted_value":[0.10000000149011612,-2,null,null]}""" },
        { new RawResult(Bytes(1, 2, 3, 4), 2, true), """{"predicted_value":[[1,2],[3,4]],"is_truncated":true}""" },
        { new ClassificationResult("A", 0.75, [], false), """{"predicted_value":"A","prediction_probability":0.75}""" },
        {
            new ClassificationResult("A", 0.75, [new("A", 0.75), new("B", 0.25)], true),
            """{"predicted_value":"A","top_classes":[{"class_name":"A","class_probability":0.75,"class_score":0.75},{"class_name":"B","class_probability":0.25,"class_score":0.25}],"prediction_probability":0.75,"is_truncated":true}"""
        },
        { new NerResult("no one", [], false), """{"predicted_value":"no one","entities":[]}""" },
        {
            new NerResult("[Änn](PER&Änn) \"x\"", [new("änn", "PER", 0.9, 0, 3)], false),
            """{"predicted_value":"[Änn](PER&Änn) \"x\"","entities":[{"entity":"änn","class_name":"PER","class_probability":0.9,"start_pos":0,"end_pos":3}]}"""
        },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public async Task Infer_WritesEveryKindOfResult(InferenceResult result, string expected)
    {
        _api.Router.OnInfer = _ => InferenceReply.Ok([result], null);

        var answer = await _api.SendAsync("POST", Uri, OneDoc);

        Assert.Equal($$"""{"inference_results":[{{expected}}]}""", answer.Body);
    }

    [Fact]
    public async Task Infer_UsesTheResultsFieldAsItIs()
    {
        _api.Router.OnInfer = _ => InferenceReply.Ok([Given.Embedding(1)], "a.\"b");

        var answer = await _api.SendAsync("POST", Uri, OneDoc);

        Assert.Equal("""{"inference_results":[{"a.\"b":[1]}]}""", answer.Body);
    }

    [Fact]
    public async Task Infer_AnswersFailuresAsErrors()
    {
        _api.Router.OnInfer = _ => InferenceReply.Failed(MlErrorKind.Forbidden, "model [m] is for [ner], asked for [pass_through]");

        var answer = await _api.SendAsync("POST", Uri, OneDoc);

        Assert.Equal((HttpStatusCode.Forbidden, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.Equal("model [m] is for [ner], asked for [pass_through]", answer.Reason);
    }

    [Fact]
    public async Task Infer_Is404_WhenTheIdIsUnknown()
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/unknown/_infer", OneDoc);

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
    }

    [Fact]
    public async Task Infer_IsA500ThatTellsNothing_WhenSomethingUnexpectedHappens()
    {
        _api.Router.OnInfer = _ => throw new InvalidOperationException("secret");

        var answer = await _api.SendAsync("POST", Uri, OneDoc);

        Assert.Equal((HttpStatusCode.InternalServerError, "exception"), (answer.Status, answer.ErrorType));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        Assert.Equal(["secret"], _log.Errors);
    }

    [Fact]
    public async Task InferOne_AnswersTheResultItselfWithAWarning()
    {
        var answer = await _api.SendAsync("POST", "/_ml/trained_models/m/deployment/_infer", OneDoc);

        Assert.Equal("""{"predicted_value":[1.5]}""", answer.Body);
        Assert.Contains("/_infer] instead", answer.Headers["Warning"], StringComparison.Ordinal);
    }

    private static byte[] Bytes(params float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        public List<string> Errors { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Errors.Add(exception?.Message ?? "");
        }

        public void Dispose()
        {
            // Nothing to let go of.
        }
    }
}
