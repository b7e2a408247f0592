using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Infrastructure.Tests.Docker;

/// <summary>
/// An image's program as its container would start it, without a container: the published folder, the Dockerfile's environment and no other, and a user who is not
/// root and owns nothing.
/// </summary>
internal sealed class ImageProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    // Debian's nobody.
    private static readonly string[] AsNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];

    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;

    private ImageProcess(Process process, int port)
    {
        (_process, Http) = (process, new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = Patience });
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public HttpClient Http { get; }

    public string Output => string.Join('\n', _output);

    /// <summary>Starts it.</summary>
    /// <param name="image">The target in the Dockerfile.</param>
    /// <param name="folder">What was published for it.</param>
    /// <param name="settings">What whoever starts the container says beyond the image.</param>
    public static ImageProcess Start(string image, string folder, params IEnumerable<(string Variable, string Value)> settings)
    {
        var program = (string[])["dotnet", Dockerfile.Ours.Of(image).Single(i => i.StartsWith("ENTRYPOINT ", StringComparison.Ordinal)).Split('"')[3]];
        var command = (string[])[.. Environment.IsPrivilegedProcess ? AsNobody : [], .. program];
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        foreach (var (variable, value) in Dockerfile.Ours.Environment(image))
            start.Environment[variable] = value;
        var port = MlServer.FreePort();
        foreach (var (variable, value) in (IEnumerable<(string, string)>)[.. settings, ("ORLEANS_ML_PORT", $"{port}"), ("ORLEANS_ML_HOST", "127.0.0.1")])
            start.Environment[variable] = value;
        return new(Process.Start(start)!, port);
    }

    /// <summary>Waits until a probe of an orchestrator is answered with 200.</summary>
    public async Task UntilOkAsync(string probe)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if ((await Http.GetAsync(probe)).StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            Assert.True(clock.Elapsed < Patience && !_process.HasExited, $"{probe} was never answered with 200:\n{Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>SIGTERM to the process, as containers are stopped.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        Assert.Equal(0, MlServer.Signal(_process.Id, 15));
        await _process.WaitForExitAsync().WaitAsync(OrderlyLeave.Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
