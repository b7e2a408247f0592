using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Orleans.Ml.Silo.Cluster;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Tests.Cluster;

public sealed class SupervisedProcessTests : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly Terminal _terminal = new();
    private readonly Channel<FakeProcess> _starts = Channel.CreateUnbounded<FakeProcess>();
    private readonly Queue<StartFailure> _failures = [];
    private SupervisedProcess? _supervised;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_supervised is not null)
            await _supervised.DisposeAsync();
        await _terminal.DisposeAsync();
    }

    [Fact]
    public async Task IsStartedAgainAfterASecond_WhenItDies()
    {
        var first = await StartAsync();

        first.Die(137);
        await _terminal.UntilSaidAsync("[node-2] ended with exit code 137; it is started again in 1 s.");
        _time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Equal(0, _starts.Reader.Count);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        await NextAsync();
    }

    [Fact]
    public async Task IsStartedEverLessOftenAndThatIsSaid_WhenItDiesAgainAndAgain()
    {
        var process = await StartAsync();
        foreach (var pause in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            process.Die(1);
            await _terminal.UntilSaidAsync($" in {pause} s.");
            _time.Advance(TimeSpan.FromSeconds(pause));
            process = await NextAsync();
        }

        Assert.Contains("[node-2] ended with exit code 1, 7 times in a row now; its lines above should say why. The next try is in 30 s.", _terminal.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CountsAsWellAgain_WhenItHasRunForAMinute()
    {
        var process = await StartAsync();
        process.Die(1);
        await _terminal.UntilSaidAsync(" in 1 s.");
        _time.Advance(TimeSpan.FromSeconds(1));
        process = await NextAsync();

        _time.Advance(TimeSpan.FromMinutes(1));
        process.Die(2);

        await _terminal.UntilSaidAsync("ended with exit code 2; it is started again in 1 s.");
    }

    [Fact]
    public async Task IsTriedAgain_WhenItCannotBeStarted()
    {
        var first = await StartAsync();
        _failures.Enqueue(new StartFailure("It is not installed."));

        first.Die(1);
        await _terminal.UntilSaidAsync(" in 1 s.");
        _time.Advance(TimeSpan.FromSeconds(1));
        await _terminal.UntilSaidAsync("[node-2] It is not installed.");
        await _terminal.UntilSaidAsync("[node-2] cannot be started; it is started again in 2 s.");
        _time.Advance(TimeSpan.FromSeconds(2));

        await NextAsync();
    }

    [Fact]
    public async Task FailsAtOnce_WhenItCannotBeStartedForTheFirstTime()
    {
        _failures.Enqueue(new StartFailure("It is not installed."));

        await Assert.ThrowsAsync<StartFailure>(StartAsync);
    }

    [Fact]
    public async Task IsStoppedAndNotStartedAgain_WhenItIsDisposed()
    {
        var first = await StartAsync();

        await _supervised!.DisposeAsync();

        Assert.Equal([TimeSpan.FromSeconds(45)], first.Stops);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(0, _starts.Reader.Count);
        Assert.Equal("", _terminal.Said);
        _supervised = null;
    }

    [Fact]
    public async Task IsNotStartedAgain_WhenItIsDisposedBetweenTwoLives()
    {
        var first = await StartAsync();
        first.Die(1);
        await _terminal.UntilSaidAsync(" in 1 s.");

        await _supervised!.DisposeAsync();
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(0, _starts.Reader.Count);
        _supervised = null;
    }

    private async Task<FakeProcess> StartAsync()
    {
        _supervised = await SupervisedProcess.StartAsync("node-2", BeginAsync, TimeSpan.FromSeconds(45), _terminal, _time);
        return await NextAsync();
    }

    private Task<IChildProcess> BeginAsync()
    {
        if (_failures.TryDequeue(out var failure))
            throw failure;
        var process = new FakeProcess();
        Assert.True(_starts.Writer.TryWrite(process));
        return Task.FromResult<IChildProcess>(process);
    }

    private async Task<FakeProcess> NextAsync() => await _starts.Reader.ReadAsync(Cancel).AsTask().WaitAsync(Soon, Cancel);

    private sealed class FakeProcess : IChildProcess
    {
        private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<TimeSpan> Stops { get; } = [];

        public Task<int> Ended => _ended.Task;

        public void Die(int exitCode) => _ended.SetResult(exitCode);

        public Task StopAsync(TimeSpan limit)
        {
            Stops.Enqueue(limit);
            _ended.TrySetResult(0);
            return Task.CompletedTask;
        }

        public void Dispose()
        {
        }
    }

    /// <summary>What the supervisor says, each time from where one has read so far.</summary>
    private sealed class Terminal : StringWriter
    {
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
        private readonly ConcurrentQueue<string> _said = [];

        public string Said => string.Join('\n', _said);

        public async Task UntilSaidAsync(string part)
        {
            while (!(await _lines.Reader.ReadAsync(Cancel).AsTask().WaitAsync(Soon, Cancel)).Contains(part, StringComparison.Ordinal))
            {
            }
        }

        public override Task WriteLineAsync(string? value)
        {
            _said.Enqueue(value!);
            Assert.True(_lines.Writer.TryWrite(value!));
            return Task.CompletedTask;
        }
    }
}
