using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Orleans.Ml.Inference.Tests;

/// <summary>A clock its test drives, which tells when somebody has set an alarm.</summary>
internal sealed class TestTime : FakeTimeProvider
{
    private readonly ConcurrentDictionary<TimeSpan, TaskCompletionSource> _alarms = new();

    /// <summary>Completes when an alarm was set with this delay.</summary>
    public Task WaitForAlarmAsync(TimeSpan delay) => Alarm(delay).Task.Soon();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Alarm(dueTime).TrySetResult();
        return timer;
    }

    private TaskCompletionSource Alarm(TimeSpan delay) => _alarms.GetOrAdd(delay, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
