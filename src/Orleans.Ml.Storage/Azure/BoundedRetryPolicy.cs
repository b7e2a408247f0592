using System.Globalization;
using System.Net.Http.Headers;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Orleans.Ml.Storage.Azure;

/// <summary>
/// Tries again after growing pauses, or after the pause that the service asks for. A service that asks for a longer one than anybody here waits for is left alone, and
/// the caller hears of it at once: Azure's own policy would wait however long that is.
/// </summary>
/// <param name="retries">How often to try again.</param>
/// <param name="delay">The first pause.</param>
/// <param name="longestDelay">The longest pause.</param>
/// <param name="time">The clock that dates are compared with.</param>
internal sealed class BoundedRetryPolicy(int retries, TimeSpan delay, TimeSpan longestDelay, TimeProvider time)
    : RetryPolicy(retries, DelayStrategy.CreateExponentialDelayStrategy(delay, longestDelay))
{
    // In the order in which Azure's own policy looks for them.
    private static readonly string[] Milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"];

    /// <inheritdoc/>
    protected override bool ShouldRetry(HttpMessage message, Exception? exception) => IsWithinReach(message) && base.ShouldRetry(message, exception);

    /// <inheritdoc/>
    protected override async ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
        IsWithinReach(message) && await base.ShouldRetryAsync(message, exception);

    private bool IsWithinReach(HttpMessage message) => !message.HasResponse || PauseAskedFor(message.Response.Headers) <= longestDelay;

    private TimeSpan PauseAskedFor(ResponseHeaders headers)
    {
        foreach (var name in Milliseconds)
        {
            if (headers.TryGetValue(name, out var text) && double.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
                return TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue));
        }

        if (!headers.TryGetValue("Retry-After", out var asked) || !RetryConditionHeaderValue.TryParse(asked, out var pause))
            return TimeSpan.Zero;
        return pause.Delta ?? (pause.Date is { } date ? date - time.GetUtcNow() : TimeSpan.Zero);
    }
}
