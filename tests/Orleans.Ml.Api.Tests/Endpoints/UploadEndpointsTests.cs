using System.Net;
using System.Text;
using Orleans.Ml.Api.Tests.Fakes;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Tests.Endpoints;

public sealed class UploadEndpointsTests : IAsyncLifetime
{
    private const string Part = """{"total_parts":2,"definition":"AAEC","total_definition_length":6}""";

    private ApiHost _api = null!;

    private FakeTrainedModelGrain Model => _api.Cluster.Model("m");

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync();
        Model.Model = Given.Model("m") with { VocabularyFile = null };
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task PutPart_StoresTheDecodedBytes_InAnyOrderOfParts()
    {
        await _api.SendAsync("PUT", "/_ml/trained_models/m/definition/1", Part);
        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/m/definition/0", Part);

        Assert.Equal("""{"acknowledged":true}""", answer.Body);
        Assert.Equal([0, 1], Model.Model!.Parts.Select(p => p.Number));
        var part = Model.Model.Parts[0];
        Assert.Equal((2, 3, 6), (part.TotalParts, part.LengthBytes, part.TotalLengthBytes));
        Assert.Equal([0, 1, 2], _api.Cluster.Store.Files[new("m", "i1", part.FileName)]);
    }

    [Fact]
    public async Task PutPart_IsRefused_WhenThePartIsThere()
    {
        await _api.SendAsync("PUT", "/_ml/trained_models/m/definition/0", Part);
        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/m/definition/0", Part);

        Assert.Equal((HttpStatusCode.BadRequest, "resource_already_exists_exception"), (answer.Status, answer.ErrorType));
        Assert.Single(_api.Cluster.Store.Files);
    }

    [Fact]
    public async Task PutPart_LeavesNoFile_WhenTwoComeAtOnce()
    {
        var content = new GatedStream(Encoding.UTF8.GetBytes(Part));
        using var slow = new HttpRequestMessage(HttpMethod.Put, "/_ml/trained_models/m/definition/0") { Content = new StreamContent(content) };
        slow.Content.Headers.ContentType = new("application/json");
        var slowAnswer = _api.SendAsync(slow);
        await content.Started.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await _api.SendAsync("PUT", "/_ml/trained_models/m/definition/0", Part);

        content.Open();
        var answer = await slowAnswer.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal("resource_already_exists_exception", answer.ErrorType);
        Assert.Single(_api.Cluster.Store.Files);
    }

    [Fact]
    public async Task PutPart_Is404_WhenThereIsNoModel()
    {
        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/none/definition/0", Part);

        Assert.Equal((HttpStatusCode.NotFound, "resource_not_found_exception"), (answer.Status, answer.ErrorType));
    }

    [Fact]
    public async Task PutPart_Is503_WhenTheDiskIsFull()
    {
        _api.Cluster.Store.Failure = new IOException("No space left on device");

        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/m/definition/0", Part);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
    }

    [Fact]
    public async Task PutVocabulary_StoresItsCanonicalForm()
    {
        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/m/vocabulary", """{ "scores":[0,-1.5], "vocabulary" : ["[PAD]","\u00fc"] }""");

        Assert.Equal("""{"acknowledged":true}""", answer.Body);
        Assert.Equal("""{"vocabulary":["[PAD]","ü"],"scores":[0,-1.5]}""",
            Encoding.UTF8.GetString(_api.Cluster.Store.Files[new ModelFile("m", "i1", Model.Model!.VocabularyFile!)]).Replace("\\u00FC", "ü", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(TokenizerKind.Roberta, "", "merges")]
    [InlineData(TokenizerKind.Roberta, ",\"merges\":[]", "merges")]
    [InlineData(TokenizerKind.XlmRoberta, "", "scores")]
    [InlineData(TokenizerKind.DebertaV2, ",\"scores\":[]", "scores")]
    public async Task PutVocabulary_IsRefused_WhenTheTokenizerNeedsMore(TokenizerKind tokenizer, string members, string needed)
    {
        Model.Model = Given.Model("m", new PassThroughConfig(new(tokenizer), null)) with { VocabularyFile = null };

        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/m/vocabulary", "{\"vocabulary\":[\"a\"]" + members + "}");

        Assert.Equal((HttpStatusCode.BadRequest, "status_exception"), (answer.Status, answer.ErrorType));
        Assert.All(["[m]", needed, tokenizer.ApiName()], mention => Assert.Contains(mention, answer.Reason, StringComparison.Ordinal));
        Assert.Empty(_api.Cluster.Store.Files);
    }

    [Fact]
    public async Task PutVocabulary_IsRefused_WhenThereIsOne()
    {
        await _api.SendAsync("PUT", "/_ml/trained_models/m/vocabulary", """{"vocabulary":["a"]}""");
        var answer = await _api.SendAsync("PUT", "/_ml/trained_models/m/vocabulary", """{"vocabulary":["b"]}""");

        Assert.Equal((HttpStatusCode.BadRequest, "resource_already_exists_exception"), (answer.Status, answer.ErrorType));
        Assert.Single(_api.Cluster.Store.Files);
    }

    /// <summary>Gives its first byte at once, and the rest when it is opened.</summary>
    private sealed class GatedStream(byte[] content) : MemoryStream(content)
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => _started.Task;

        public void Open() => _open.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position == 0)
                return await base.ReadAsync(buffer[..1], cancellationToken);
            _started.TrySetResult();
            await _open.Task.WaitAsync(cancellationToken);
            return await base.ReadAsync(buffer, cancellationToken);
        }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => PumpAsync(destination, cancellationToken);

        private async Task PumpAsync(Stream destination, CancellationToken cancellationToken)
        {
            var buffer = new byte[256];
            while (await ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                await destination.FlushAsync(cancellationToken);
            }
        }
    }
}
