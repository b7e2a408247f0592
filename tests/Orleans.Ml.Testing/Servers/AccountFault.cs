using Microsoft.AspNetCore.Http;

namespace Orleans.Ml.Testing.Servers;

/// <summary>What befalls requests to a storage account.</summary>
internal sealed class AccountFault : IDisposable
{
    private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<HttpRequest, bool> _applies;
    private int _left;
    private int _taken;

    private AccountFault(Func<HttpRequest, bool> applies, int times) => (_applies, _left) = (applies, times);

    /// <summary>Called when it befalls nothing any more.</summary>
    public Action? OnEnded { get; set; }

    /// <summary>Writes an answer in the account's place; null when the account is asked.</summary>
    public Action<HttpResponse>? Answer { get; private init; }

    /// <summary>Whether the account does what it is asked before the answer is held back; otherwise it does not hear of the request.</summary>
    public bool IsDoneFirst { get; private init; }

    /// <summary>How many requests it has befallen.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Refuses requests as an account does that is asked too much.</summary>
    /// <param name="applies">Which.</param>
    /// <param name="status">429 or 503.</param>
    /// <param name="retryAfter">The pause asked for; null for none.</param>
    /// <param name="times">How many.</param>
    public static AccountFault Throttle(Func<HttpRequest, bool> applies, int status, string? retryAfter = null, int times = int.MaxValue) => new(applies, times)
    {
        Answer = response =>
        {
            response.StatusCode = status;
            response.Headers["x-ms-error-code"] = status == 429 ? "TooManyRequests" : "ServerBusy";
            if (retryAfter is not null)
                response.Headers.RetryAfter = retryAfter;
        },
    };

    /// <summary>Holds requests up: those that the account never hears of, which are broken off in the end, or those that it has done, whose answers are late.</summary>
    public static AccountFault Hold(Func<HttpRequest, bool> applies, bool isDoneFirst, int times = int.MaxValue) => new(applies, times) { IsDoneFirst = isDoneFirst };

    public bool Takes(HttpRequest request)
    {
        if (!_applies(request) || Interlocked.Decrement(ref _left) < 0)
            return false;
        Interlocked.Increment(ref _taken);
        return true;
    }

    /// <summary>Waits until a request is held.</summary>
    public Task MetAsync() => _met.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public Task HoldAsync()
    {
        _met.TrySetResult();
        return _released.Task;
    }

    /// <summary>Holds nothing up any more, and lets everything through that comes from now on.</summary>
    public void Dispose()
    {
        OnEnded?.Invoke();
        _released.TrySetResult();
    }
}
