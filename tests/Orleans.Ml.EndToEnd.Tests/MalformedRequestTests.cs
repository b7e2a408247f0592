using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>Whatever a caller sends, it is the caller who is told about it, and the server is as it was before.</summary>
public sealed class MalformedRequestTests(MalformedRequestTests.Fixture fixture) : IClassFixture<MalformedRequestTests.Fixture>
{
    private const int LimitBytes = 100 * 1024 * 1024;
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static TheoryData<int, string> Requests =>
        [.. MalformedRequests.All.Select((request, i) => new TheoryDataRow<int, string>(i, $"{request.Line} → {request.Status}"))];

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task TellsTheCaller_WhateverTheRequest(int index, string line)
    {
        var request = MalformedRequests.All[index];
        var before = await SnapshotAsync();

        var (status, body) = await SendAsync(request);

        Assert.True(request.Status == (int)status, $"{line}: {(int)status} {body}");
        AssertEnvelope(status, body);
        Assert.Contains(request.Named, JsonNode.Parse(body)!["error"]!.ToJsonString(MlApi.Readable), StringComparison.Ordinal);
        Assert.Equal(before, await SnapshotAsync());
    }

    [Theory]
    [InlineData("definition", true)]
    [InlineData("definition", false)]
    [InlineData("vocabulary", true)]
    [InlineData("vocabulary", false)]
    [InlineData("_infer", true)]
    [InlineData("_infer", false)]
    public async Task RefusesABodyAboveTheLimit_WhetherItsLengthIsKnownOrNot(string endpoint, bool isLengthKnown)
    {
        var (line, head) = endpoint switch
        {
            "definition" => ("PUT /_ml/trained_models/bare/definition/0", """{"total_definition_length":100000000,"total_parts":1,"definition":"AAAA"""),
            "vocabulary" => ("PUT /_ml/trained_models/bare/vocabulary", """{"vocabulary":["AAAA"""),
            _ => ("POST /_ml/trained_models/m/_infer", """{"docs":[{"text_field":"AAAA"""),
        };
        var before = await SnapshotAsync();

        var (status, body) = await SendAsync(line, new EndlessContent(head, LimitBytes + 1, isLengthKnown));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        AssertEnvelope(status, body);
        Assert.Contains("[104857600]", body, StringComparison.Ordinal);
        Assert.Equal(before, await SnapshotAsync());
    }

    [Fact]
    public async Task RefusesASmallBody_ThatUnpacksToMoreThanTheLimit()
    {
        using var packed = new MemoryStream();
        await using (var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var blanks = new byte[1 << 20];
            Array.Fill(blanks, (byte)' ');
            for (var megabytes = 0; megabytes <= 200; megabytes++)
                await zip.WriteAsync(blanks, TestContext.Current.CancellationToken);
        }

        using var content = new ByteArrayContent(packed.ToArray()) { Headers = { ContentType = new("application/json"), ContentEncoding = { "gzip" } } };

        var (status, body) = await SendAsync("POST /_ml/trained_models/m/_infer", content);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        AssertEnvelope(status, body);
    }

    [Fact]
    public async Task NothingIsLeft_WhenAnUploadIsCutOff()
    {
        var before = await SnapshotAsync();
        using var cut = new CancellationTokenSource();
        using var content = new EndlessContent("""{"total_definition_length":3000000,"total_parts":1,"definition":"AAAA""", 3_000_000, isLengthKnown: true, cut);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            fixture.Server.Http.PutAsync("/_ml/trained_models/bare/definition/0", content, cut.Token));

        await fixture.Server.Http.MustAsync(HttpMethod.Get, "/_ml/trained_models");
        await UntilAsync(async () => before == await SnapshotAsync(), "the cut upload's file is gone");
    }

    /// <summary>After a first round, which fills caches and pools, the whole table several times over.</summary>
    [Fact]
    public async Task MemoryAndFilesStayFlat_WhenMalformedRequestsGoOn()
    {
        const int Rounds = 20;
        const long FlatBytes = 64L << 20;
        var id = fixture.Server.ProcessId;
        await SendAllAsync(rounds: 5);
        var (memory, files) = (ProcFs.ResidentBytes(id), ProcFs.OpenFiles(id));

        await SendAllAsync(Rounds);

        Measured.Print($"{Rounds * MalformedRequests.All.Count} malformed requests: resident memory from {memory >> 20} to {ProcFs.ResidentBytes(id) >> 20} MB");
        Assert.InRange(ProcFs.ResidentBytes(id), 0, memory + FlatBytes);
        Assert.InRange(ProcFs.OpenFiles(id), 0, files + 20);
        await fixture.Server.Http.InferAsync("m", "w5");
    }

    private async Task SendAllAsync(int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var request in MalformedRequests.All)
                await SendAsync(request);
        }
    }

    private static void AssertEnvelope(HttpStatusCode status, string body)
    {
        var answer = JsonNode.Parse(body)!;
        Assert.InRange((int)status, 400, 499);
        if (answer["error"] is JsonValue plain)
        {
            // Elasticsearch's two errors without an envelope: a path or a format that nobody serves.
            Assert.Matches("^(no handler found|Incorrect HTTP method|[A-Za-z-]+ header .* is not supported)", plain.GetValue<string>());
            return;
        }

        var error = answer["error"]!;
        Assert.Equal((int)status, answer["status"]!.GetValue<int>());
        Assert.False(string.IsNullOrEmpty(error["type"]!.GetValue<string>()));
        Assert.InRange(error["reason"]!.GetValue<string>().Length, 1, 2000);
        Assert.Equal(error["type"]!.ToJsonString(), error["root_cause"]![0]!["type"]!.ToJsonString());
        Assert.Equal(error["reason"]!.ToJsonString(), error["root_cause"]![0]!["reason"]!.ToJsonString());
    }

    private Task<(HttpStatusCode Status, string Body)> SendAsync(MalformedRequest request)
    {
        HttpContent? content = null;
        if (request.Body is { } body)
        {
            content = new ByteArrayContent(body);
            foreach (var header in request.Headers.Length == 0 ? ["Content-Type: application/json"] : request.Headers)
                content.Headers.TryAddWithoutValidation(header[..header.IndexOf(':', StringComparison.Ordinal)], header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
        }

        return SendAsync(request.Line, content, request.Headers.FirstOrDefault(h => h.StartsWith("Accept:", StringComparison.Ordinal))?["Accept:".Length..].Trim());
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(string line, HttpContent? content, string? accept = null)
    {
        var (method, path) = (line[..line.IndexOf(' ', StringComparison.Ordinal)], line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"http://127.0.0.1:{fixture.Server.Port}{path}", AsWritten)) { Content = content };
        if (content is EndlessContent)
            request.Headers.ExpectContinue = true;
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await fixture.Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("Elasticsearch", Assert.Single(response.Headers.GetValues("X-Elastic-Product")));
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>All that could have changed: the models, what is deployed, the files, the worker.</summary>
    private async Task<string> SnapshotAsync()
    {
        var models = (await fixture.Server.Http.MustAsync(HttpMethod.Get, "/_ml/trained_models?size=1000")).ToJsonString();
        var deployed = (await fixture.Server.Http.MustAsync(HttpMethod.Get, "/_ml/trained_models/_stats?size=1000"))["trained_model_stats"]!.AsArray()
            .Select(s => s!["deployment_stats"]?["deployment_id"]?.GetValue<string>());
        var files = Directory.EnumerateFileSystemEntries(fixture.Server.Data, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        return string.Join('\n', [models, .. deployed, .. files, .. fixture.Server.WorkerProcesses().Select(p => $"{p}")]);
    }

    private static async Task UntilAsync(Func<Task<bool>> isReachedAsync, string expectation)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await isReachedAsync())
        {
            Assert.False(limit.IsCancellationRequested, $"not reached: {expectation}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>A head and then as many letters as are wanted; may be cut off half way.</summary>
    private sealed class EndlessContent : HttpContent
    {
        private static readonly byte[] Letters = [.. Enumerable.Repeat((byte)'A', 64 * 1024)];
        private readonly byte[] _head;
        private readonly int _bytes;
        private readonly bool _isLengthKnown;
        private readonly CancellationTokenSource? _cut;

        public EndlessContent(string head, int bytes, bool isLengthKnown, CancellationTokenSource? cut = null)
        {
            (_head, _bytes, _isLengthKnown, _cut) = (System.Text.Encoding.UTF8.GetBytes(head), bytes, isLengthKnown, cut);
            Headers.ContentType = new("application/json");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(_head, cancellationToken);
            for (var left = _bytes - _head.Length; left > 0; left -= Letters.Length)
            {
                await stream.WriteAsync(Letters.AsMemory(0, Math.Min(left, Letters.Length)), cancellationToken);
                if (_cut is not null && left < _bytes / 2)
                    await _cut.CancelAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _bytes;
            return _isLengthKnown;
        }
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public MlServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await MlServer.StartAsync();
            await Server.Http.DeployScriptAsync("m", ScriptArchive.Echo);
            await Server.Http.MustAsync(HttpMethod.Put, "/_ml/trained_models/bare", ScriptArchive.Config);
            await Server.Http.MustAsync(HttpMethod.Put, "/_ml/trained_models/half", ScriptArchive.Config);
            await Server.Http.MustAsync(HttpMethod.Put, "/_ml/trained_models/half/definition/0", """{"definition":"AAAA","total_definition_length":6,"total_parts":2}""");
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
