using System.Diagnostics;
using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using Orleans.Ml.Storage.Azure;

namespace Orleans.Ml.Storage.Tests.Azure;

/// <summary>Which of the pauses that a service asks for are kept. Its clients say it with one of three headers.</summary>
public sealed class BoundedRetryPolicyTests
{
    private const int Retries = 2;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData("retry-after-ms", "2001")]
    [InlineData("x-ms-retry-after-ms", "2001")]
    [InlineData("x-ms-retry-after-ms", "99999999999999999999")]
    [InlineData("Retry-After", "3")]
    [InlineData("Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT")]
    public async Task IsNotTriedAgain_WhenThePauseAskedForIsTooLong(string header, string pause)
    {
        var asked = await AskAsync((header, pause));

        Assert.Equal(1, asked);
    }

    [Theory]
    [InlineData("retry-after-ms", "300")]
    [InlineData("x-ms-retry-after-ms", "300")]
    [InlineData("Retry-After", "1")]
    public async Task IsTriedAgainAfterEachPause_WhenThePauseAskedForIsShort(string header, string pause)
    {
        var clock = Stopwatch.StartNew();

        var asked = await AskAsync((header, pause));

        Assert.Equal(1 + Retries, asked);
        Assert.True(clock.Elapsed > TimeSpan.FromMilliseconds(Retries * 290), $"{clock.Elapsed}");
    }

    [Theory]
    [InlineData(1, "60000", "1", "0")]
    [InlineData(1 + Retries, "1", "60000", "60")]
    public async Task TheFirstHeaderCounts_WhenThereAreSeveral(int expected, string first, string second, string third)
    {
        var asked = await AskAsync(("Retry-After", third), ("x-ms-retry-after-ms", second), ("retry-after-ms", first));

        Assert.Equal(expected, asked);
    }

    [Theory]
    [InlineData("retry-after-ms", "soon")]
    [InlineData("x-ms-retry-after-ms", "-1")]
    public async Task TheNextHeaderCounts_WhenOneIsNoNumber(string header, string nonsense)
    {
        var asked = await AskAsync((header, nonsense), ("Retry-After", "60"));

        Assert.Equal(1, asked);
    }

    // How often the service is asked.
    private static async Task<int> AskAsync(params (string Name, string Value)[] headers)
    {
        using var service = new BusyService(headers);
        var options = new PlainOptions
        {
            Transport = new HttpClientTransport(service),
            RetryPolicy = new BoundedRetryPolicy(Retries, TimeSpan.FromMilliseconds(1), LongestPause, TimeProvider.System),
        };
        var pipeline = HttpPipelineBuilder.Build(options);
        using var request = pipeline.CreateRequest();
        request.Uri.Reset(new("http://account.test/"));

        using var response = await pipeline.SendRequestAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(503, response.Status);
        return service.Asked;
    }

    private sealed class PlainOptions : ClientOptions;

    /// <summary>Answers 503 and asks for a pause.</summary>
    private sealed class BusyService((string Name, string Value)[] headers) : HttpMessageHandler
    {
        public int Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            var response = new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { RequestMessage = request };
            foreach (var (name, value) in headers)
                response.Headers.TryAddWithoutValidation(name, value);
            return Task.FromResult(response);
        }
    }
}
