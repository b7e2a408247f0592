using System.Diagnostics;
using System.Globalization;
using System.Text;
using Xunit;

namespace Orleans.Ml.Testing.Servers;

/// <summary>
/// A server of this test run alone. It ends with the run, however that ends: a shell beside it reads the pipe that only this process holds open.
/// </summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private const string RunWhilePipeIsOpen = """
        "$@" </dev/null &
        server=$!
        echo "process $server"
        trap 'kill -KILL "$server" 2>/dev/null' EXIT
        cat >/dev/null
        kill -TERM "$server" 2>/dev/null
        wait "$server"
        """;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly Process _shell;
    private readonly Task _reading;
    private int _processId;
    private bool _isDisposed;

    private LocalServer(Process shell, Task reading) => (_shell, _reading) = (shell, reading);

    /// <summary>Sends the server itself a signal.</summary>
    public void Signal(int signal) => Assert.Equal(0, MlServer.Signal(_processId, signal));

    /// <summary>Starts it and waits for the lines that tell that it is ready.</summary>
    /// <param name="program">The program and its arguments.</param>
    /// <param name="readyLines">How many lines with <paramref name="ready"/> in them it says when it is.</param>
    /// <param name="ready">Part of those lines.</param>
    /// <returns>The server and those lines.</returns>
    public static async Task<(LocalServer Server, string[] Lines)> StartAsync(string[] program, int readyLines, string ready)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-c", RunWhilePipeIsOpen, "server", .. program])
            start.ArgumentList.Add(argument);
        var shell = Process.Start(start)!;
        var found = new List<string>();
        var said = new StringBuilder();
        var isReady = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var processId = 0;
        var server = new LocalServer(shell, Task.WhenAll(ReadAsync(shell.StandardOutput), ReadAsync(shell.StandardError)));
        try
        {
            await isReady.Task.WaitAsync(StartLimit);
            server._processId = processId;
            return (server, [.. found]);
        }
        catch (TimeoutException)
        {
            await server.DisposeAsync();
            lock (said)
                throw new InvalidOperationException($"{program[0]} is not ready after {StartLimit.TotalSeconds} s: {said}");
        }

        async Task ReadAsync(StreamReader output)
        {
            while (await output.ReadLineAsync() is { } line)
            {
                lock (said)
                {
                    said.AppendLine(line);
                    if (processId == 0 && line.StartsWith("process ", StringComparison.Ordinal))
                        processId = int.Parse(line["process ".Length..], CultureInfo.InvariantCulture);
                    if (line.Contains(ready, StringComparison.Ordinal))
                        found.Add(line);
                    if (found.Count == readyLines)
                        isReady.TrySetResult();
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _shell.StandardInput.Close();
        try
        {
            await _shell.WaitForExitAsync().WaitAsync(StopLimit);
        }
        catch (TimeoutException)
        {
            _shell.Kill(entireProcessTree: true);
        }

        await _reading.WaitAsync(StopLimit);
        _shell.Dispose();
    }
}
