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
    private readonly string _ownData = Directory.CreateTempSubdirectory("orleans-ml-web-").FullName;

    private WebProcess(IClusterStore store, string? sharedData)
    {
        var port = MlServer.FreePort();
        _process = Process.Start(new ProcessStartInfo(Executable, [.. store.Options, "--data", sharedData ?? _ownData, "--port", $"{port}"])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        Http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = Patience };
    }

    public static string Executable { get; } = MlServer.Executable.Replace("Orleans.Ml.Silo", "Orleans.Ml.Web", StringComparison.Ordinal);

    public HttpClient Http { get; }

    public string Output => string.Join('\n', _lines);

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="store">The cluster's.</param>
    /// <param name="sharedData">The nodes' folder of models; null where the store has them, and it shares no folder with anybody.</param>
    public static async Task<WebProcess> StartAsync(IClusterStore store, string? sharedData = null)
    {
        var web = new WebProcess(store, sharedData);
        try
        {
            await web.Http.UntilReadyAsync();
            return web;
        }
        catch
        {
            await web.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_ownData, recursive: true);
    }
}

/// <summary>What an orchestrator asks.</summary>
internal static class Readiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Asks <c>/readyz</c> until this is the answer; a process begins to listen when it has met its cluster.</summary>
    public static async Task UntilReadyAsync(this HttpClient http, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var clock = Stopwatch.StartNew();
        for (var last = await AskAsync(http); last != expected; last = await AskAsync(http))
        {
            Assert.True(clock.Elapsed < Patience, $"{http.BaseAddress}readyz never answered {expected}, last {last?.ToString() ?? "nobody listened"}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static async Task<HttpStatusCode?> AskAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("/readyz");
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
