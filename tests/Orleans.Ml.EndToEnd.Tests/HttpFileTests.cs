using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>The requests of samples/http do what they say, on a fresh node with the sample models.</summary>
public sealed class HttpFileTests(HttpFileTests.Fixture fixture) : IClassFixture<HttpFileTests.Fixture>
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Path.Combine(TestModels.Repository, "samples", "http"), "*.http").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task EveryRequestIsAnsweredAsItsFileSays(string file)
    {
        var requests = HttpFile.Read(Path.Combine(TestModels.Repository, "samples", "http", file), $"http://127.0.0.1:{fixture.Server.Port}").ToList();

        foreach (var asked in requests)
        {
            using var request = new HttpRequestMessage(asked.Method, asked.Path);
            if (asked.Body is not null)
                request.Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(asked.Body));
            foreach (var (name, value) in asked.Headers)
                Assert.True(request.Headers.TryAddWithoutValidation(name, value) || request.Content!.Headers.TryAddWithoutValidation(name, value), name);
            using var response = await fixture.Server.Http.SendAsync(request, TestContext.Current.CancellationToken);

            var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(asked.ExpectedStatus == (int)response.StatusCode, $"{file}, {asked.Title}: expected {asked.ExpectedStatus}, was {(int)response.StatusCode} {body}");
        }

        Assert.InRange(requests.Count, 5, 100);
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public MlServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await MlServer.StartWithSamplesAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
