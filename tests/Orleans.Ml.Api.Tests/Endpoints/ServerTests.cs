using System.Net.Sockets;
using System.Text;
using Orleans.Ml.Api.Tests.Fakes;

namespace Orleans.Ml.Api.Tests.Endpoints;

/// <summary>What the HTTP server does before a request reaches an endpoint.</summary>
public sealed class ServerTests : IAsyncLifetime
{
    private ApiHost _api = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _api = await ApiHost.StartAsync(onKestrel: true);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252fb", "a%2fb")]
    [InlineData("a%25252fb", "a%252fb")]
    [InlineData("a%252Fb%2fc", "a%2Fb/c")]
    public async Task Path_IsDecodedOnce(string sent, string expected)
    {
        var answer = await _api.SendAsync("PUT", $"/_ml/trained_models/{sent}", """{"model_type":"pytorch","inference_config":{"ner":{}}}""");

        Assert.Contains($"[model_id] [{expected}]", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_IsDecodedPartByPart()
    {
        _api.Cluster.Model("m").Model = Given.Model("m");

        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/a%2fb/model_aliases/a%252fb");

        Assert.Contains("[model_alias] [a%2fb]", answer.Reason, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Unreadable => new()
    {
        { "a broken line", "GET\r\n\r\n", "400" },
        { "a broken header", "GET / HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n", "400" },
        { "no host", "GET / HTTP/1.1\r\n\r\n", "400" },
        { "two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "400" },
        { "a NUL in the path", "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", "400" },
        { "bytes that are no ASCII in the path", "GET /\u00e9 HTTP/1.1\r\nHost: x\r\n\r\n", "400" },
        { "an unknown version", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", "505" },
        { "large headers", "GET / HTTP/1.1\r\nHost: x\r\nX: " + new string('x', 40_000) + "\r\n\r\n", "431" },
        { "a large header after others", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n" + string.Concat(Enumerable.Repeat("H: v\r\n", 200)) + "\r\n", "431" },
        { "a long line", "GET /" + new string('x', 20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "414" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task RequestThatCannotBeRead_IsAnsweredWithTheEnvelope(string what, string request, string status)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", _api.Client.BaseAddress!.Port, Cancellation);
        await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), Cancellation);
        using var reader = new StreamReader(socket.GetStream());

        var answer = (await reader.ReadToEndAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation)).Split("\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} ", answer[0], StringComparison.Ordinal);
        Assert.True(answer[0].Contains("X-Elastic-Product: Elasticsearch", StringComparison.Ordinal), what);
        var error = System.Text.Json.JsonElement.Parse(answer[1]);
        Assert.Equal(status, error.GetProperty("status").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.NotEmpty(error.GetProperty("error").GetProperty("reason").GetString()!);
    }
}
