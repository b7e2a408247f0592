using System.Diagnostics;
using System.Text;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>
/// Clients that ask one server after the other and take each answer as it is: what is not 200, or does not come, has failed. In the end the answers to what
/// was asked are awaited.
/// </summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(40);

    private readonly string _deploymentId;
    private readonly HttpClient[] _servers;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public SteadyLoad(string deploymentId, int clients, params IEnumerable<Uri> servers)
    {
        _deploymentId = deploymentId;
        _servers = [.. servers.Select(s => new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1024 }) { BaseAddress = s, Timeout = Patience })];
        _running = Task.WhenAll(Enumerable.Range(0, clients).Select(c => RunAsync(new Random(c))));
    }

    public Tally Tally { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        foreach (var server in _servers)
            server.Dispose();
    }

    private async Task RunAsync(Random random)
    {
        for (var number = random.Next(); !_stopping.IsCancellationRequested; number++)
        {
            await AskAsync(_servers[(int)((uint)number % _servers.Length)], number);
            await Task.Delay(LongestPause * random.NextDouble(), TimeProvider.System);
        }
    }

    private async Task AskAsync(HttpClient server, int number)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            using var body = new StringContent($$"""{"docs":[{"text_field":"hello {{number}}"}]}""", Encoding.UTF8, "application/json");
            using var response = await server.PostAsync($"/_ml/trained_models/{_deploymentId}/_infer?timeout=30s", body, CancellationToken.None);
            Tally.OnAnswer($"{server.BaseAddress}", response.StatusCode, await response.Content.ReadAsStringAsync(CancellationToken.None), clock.Elapsed);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            Tally.OnFailure($"{server.BaseAddress}: {failure.GetBaseException().Message}", clock.Elapsed);
        }
    }
}
