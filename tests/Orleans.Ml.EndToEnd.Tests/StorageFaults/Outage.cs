using System.Diagnostics;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.EndToEnd.Tests.StorageFaults;

/// <summary>How an account goes away.</summary>
public enum Absence
{
    /// <summary>Its process is killed: connections are refused.</summary>
    Killed,

    /// <summary>Its process is stopped: connections are accepted and nothing is answered.</summary>
    Frozen,
}

/// <summary>An account is away until this ends, and not longer than the test that began it.</summary>
internal sealed class Outage : IAsyncDisposable
{
    private readonly DurableAzurite _account;
    private readonly Absence _absence;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private Outage(DurableAzurite account, Absence absence) => (_account, _absence) = (account, absence);

    public TimeSpan Elapsed => _clock.Elapsed;

    public static async Task<Outage> BeginAsync(DurableAzurite account, Absence absence)
    {
        if (absence == Absence.Frozen)
            account.Freeze();
        else
            await account.KillAsync();
        return new(account, absence);
    }

    /// <summary>Lets it last this long.</summary>
    public async Task PassAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        if (duration - Elapsed is var left && left > TimeSpan.Zero)
            await Task.Delay(left, TimeProvider.System, cancellationToken);
    }

    /// <summary>The account returns, once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_clock.IsRunning)
            return;
        _clock.Stop();
        if (_absence == Absence.Frozen)
            _account.Thaw();
        else
            await _account.RestartAsync();
    }
}
