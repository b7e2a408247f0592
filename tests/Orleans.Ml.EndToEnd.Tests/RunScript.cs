using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary><c>./run</c> as a process, in a process group of its own as a shell would start it.</summary>
internal sealed class RunScript : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;
    private readonly Stopwatch _clock;
    private readonly string _folder;
    private readonly IReadOnlyList<string> _arguments;
    private int _unready;

    private RunScript(string folder, int port, IReadOnlyList<string> arguments)
    {
        (Port, _folder, _arguments) = (port, folder, arguments);
        _unready = arguments.SkipWhile(a => a != "--cluster").Skip(1).Select(a => int.Parse(a, System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault(1);
        _process = new Process { StartInfo = new ProcessStartInfo("setsid") { RedirectStandardOutput = true, RedirectStandardError = true }, EnableRaisingEvents = true };
        // A shell that starts tests in the background lets them ignore SIGINT, and what they start inherits that.
        foreach (var argument in (string[])["env", "--default-signal=INT", Path.Combine(folder, "run"), .. arguments])
            _process.StartInfo.ArgumentList.Add(argument);
        _process.OutputDataReceived += (_, line) => OnLine(line.Data);
        _process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"./run ended before it was ready:\n{Output}\n{Errors}"));
        _clock = Stopwatch.StartNew();
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public int Port { get; }

    public int ProcessId => _process.Id;

    public HttpClient Http { get; }

    public string Output => string.Join('\n', _output);

    public string Errors => string.Join('\n', _errors);

    /// <summary>The lines to paste.</summary>
    public IReadOnlyList<string> CurlLines => [.. _output.Where(l => l.StartsWith("curl ", StringComparison.Ordinal))];

    /// <summary>Starts a node and does not wait for it.</summary>
    public static RunScript Start(string folder, string data, params string[] options)
    {
        var port = MlServer.FreePort();
        return new(folder, port, ["--port", $"{port}", "--data", data, .. options]);
    }

    /// <summary>Starts it once more as it was, on the same ports, with the same data.</summary>
    public RunScript Again() => new(_folder, Port, _arguments);

    /// <summary>Starts it with these arguments only and waits for its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> ToEndAsync(string folder, params string[] arguments)
    {
        await using var run = new RunScript(folder, MlServer.FreePort(), arguments);
        return (await run.EndAsync(), run.Output, run.Errors);
    }

    /// <summary>Waits until every node has said that it is ready.</summary>
    public Task ReadyAsync() => _ready.Task.WaitAsync(Patience);

    /// <summary>How long it takes from the start of the script until a model answers.</summary>
    public async Task<TimeSpan> FirstAnswerAsync(string modelId)
    {
        while (true)
        {
            try
            {
                var (status, _) = await Http.PostJsonAsync($"/_ml/trained_models/{modelId}/_infer", MlApi.InferBody("Paris"));
                if (status == System.Net.HttpStatusCode.OK)
                    return _clock.Elapsed;
            }
            catch (HttpRequestException)
            {
                // Nothing listens yet.
            }

            Assert.False(_process.HasExited || _clock.Elapsed > Patience, $"{modelId} never answered:\n{Output}\n{Errors}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Sends a signal to the process, or, as a terminal does with Ctrl-C, to its whole group.</summary>
    public async Task<int> SignalAsync(int signal, bool toGroup)
    {
        Assert.Equal(0, MlServer.Signal(toGroup ? -_process.Id : _process.Id, signal));
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await EndAsync();
        }

        _process.Dispose();
    }

    private async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    private void OnLine(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (line.Contains("ready on http://", StringComparison.Ordinal) && Interlocked.Decrement(ref _unready) == 0)
            _ready.TrySetResult();
    }
}
