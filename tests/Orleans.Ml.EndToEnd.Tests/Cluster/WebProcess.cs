using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>A frontend that is no node, as a process.</summary>
internal sealed class WebProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly string _data = Directory.CreateTempSubdirectory("orleans-ml-web-").FullName;

    private WebProcess(IClusterStore store)
    {
        var port = MlServer.FreePort();
        _process = Process.Start(new ProcessStartInfo(
            MlServer.Executable.Replace("Orleans.Ml.Silo", "Orleans.Ml.Web", StringComparison.Ordinal), [.. store.Options, "--data", _data, "--port", $"{port}"])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        Http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = Patience };
    }

    public HttpClient Http { get; }

    public string Output => string.Join('\n', _lines);

    public static async Task<WebProcess> StartAsync(IClusterStore store)
    {
        var web = new WebProcess(store);
        await web.Http.UntilReadyAsync();
        return web;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}

/// <summary>What an orchestrator asks.</summary>
internal static class Readiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Asks <c>/readyz</c> until the answer is 200; a process begins to listen when it has met its cluster.</summary>
    public static async Task UntilReadyAsync(this HttpClient http)
    {
        var clock = Stopwatch.StartNew();
        while (!await IsReadyAsync(http))
        {
            Assert.True(clock.Elapsed < Patience, $"{http.BaseAddress}readyz never answered 200");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("/readyz");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
