using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Orleans.Ml.Api.Tests.Fakes;

/// <summary>A fake clock that says when something starts to wait on it.</summary>
internal sealed class ArmedTime() : FakeTimeProvider(Given.StartTime)
{
    private readonly ConcurrentDictionary<TimeSpan, TaskCompletionSource> _timers = new();

    /// <summary>Ends when a timer of this length is there.</summary>
    public Task TimerOf(TimeSpan dueTime) => Source(dueTime).Task.WaitAsync(TimeSpan.FromSeconds(10));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Source(dueTime).TrySetResult();
        return timer;
    }

    private TaskCompletionSource Source(TimeSpan dueTime) => _timers.GetOrAdd(dueTime, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
