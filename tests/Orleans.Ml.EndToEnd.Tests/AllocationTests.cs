using System.Diagnostics;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests;

[Collection(nameof(Alone))]
public sealed class AllocationTests(ServerFixture fixture)
{
    private HttpClient Http => fixture.Http;

    [Fact]
    public async Task AShortDocumentOvertakes_WhenAnAllocationIsFree()
    {
        await Http.DeployScriptAsync("four", ScriptArchive.SlowById, "number_of_allocations=4&wait_for=fully_allocated&timeout=60s");
        var busy = Enumerable.Range(0, 3).Select(_ => Http.InferAsync("four", "w100")).ToArray();
        await Http.UntilStatsAsync("four", "3 pending", s => s.Counter("number_of_pending_requests") == 3);

        await Http.InferAsync("four", "w5");

        Assert.All(busy, b => Assert.False(b.IsCompleted));
        await Task.WhenAll(busy);
        await Http.StopAsync("four");
    }

    /// <summary>
    /// The same work with one allocation and with two, in turn until two have needed clearly less time: other work on the machine only lengthens
    /// times, so one clear round is enough, and without it no number of rounds is.
    /// </summary>
    [Fact]
    public async Task TwoAllocationsNeedLessTimeThanOne_ForTheSameDocuments()
    {
        const int Rounds = 10;
        const double Clearly = 0.8;
        Assert.SkipUnless(Environment.ProcessorCount >= 2, "one processor cannot do two things at a time");
        await Http.DeployScriptAsync("one", ScriptArchive.SlowById);
        await Http.StartAsync("one", "deployment_id=two&number_of_allocations=2&wait_for=fully_allocated&timeout=60s");
        var (one, two) = (TimeSpan.Zero, TimeSpan.MaxValue);

        for (var round = 0; round < Rounds && two > one * Clearly; round++)
            (one, two) = (await TimeAsync("one"), await TimeAsync("two"));

        Measured.Print($"four slow documents: {one.TotalMilliseconds:F0} ms with one allocation, {two.TotalMilliseconds:F0} ms with two");
        Assert.True(two <= one * Clearly, $"in {Rounds} rounds two allocations never needed clearly less time than one; the last took {two} and {one}");
        await Http.StopAsync("two");
        await Http.StopAsync("one");
    }

    private async Task<TimeSpan> TimeAsync(string id)
    {
        var clock = Stopwatch.StartNew();
        await Http.InferAsync(id, "w30", "w30", "w30", "w30");
        return clock.Elapsed;
    }
}
