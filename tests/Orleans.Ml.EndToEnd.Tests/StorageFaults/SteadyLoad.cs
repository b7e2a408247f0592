using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.StorageFaults;

/// <summary>A few clients of each server that ask one deployment again and again. Whatever is not 200 has failed.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly Task _running;
    private int _answered;
    private long _longestTicks;

    public SteadyLoad(string deploymentId, int clientsOfEach, params MlServer[] servers) =>
        _running = Task.WhenAll(servers.SelectMany(server => Enumerable.Range(0, clientsOfEach).Select(_ => RunAsync(deploymentId, server))));

    public IReadOnlyCollection<string> Failures => _failures;

    public int Answered => _answered;

    public override string ToString() => $"{_answered} requests answered, {_failures.Count} failed, longest {TimeSpan.FromTicks(_longestTicks).TotalSeconds:0.0} s";

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    private async Task RunAsync(string deploymentId, MlServer server)
    {
        while (!_stopping.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            try
            {
                using var body = new StringContent("""{"docs":[{"text_field":"Anna lives in Berlin"}]}""", Encoding.UTF8, "application/json");
                using var response = await server.Http.PostAsync($"/_ml/trained_models/{deploymentId}/_infer?timeout=20s", body, CancellationToken.None);
                var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
                if (response.StatusCode == HttpStatusCode.OK && text.Contains("predicted_value", StringComparison.Ordinal))
                    Interlocked.Increment(ref _answered);
                else
                    _failures.Enqueue($"{(int)response.StatusCode}: {text}");
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
            {
                _failures.Enqueue(failure.GetBaseException().Message);
            }

            var longest = Volatile.Read(ref _longestTicks);
            if (clock.Elapsed.Ticks > longest)
                Interlocked.CompareExchange(ref _longestTicks, clock.Elapsed.Ticks, longest);
            await Task.Delay(Pause, TimeProvider.System);
        }
    }
}
