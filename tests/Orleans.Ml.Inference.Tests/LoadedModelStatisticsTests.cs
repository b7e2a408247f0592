using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Inference.Tests;

/// <summary>Counters as deployment-runtime.md §6.5 wants them.</summary>
public sealed class LoadedModelStatisticsTests
{
    [Fact]
    public async Task SumsWhatWasDelivered()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        await model.AnswerAsync(milliseconds: 3);
        model.Time.Advance(TimeSpan.FromSeconds(5));
        await model.AnswerAsync(milliseconds: 4);
        var access = model.Time.GetUtcNow();
        model.Time.Advance(TimeSpan.FromSeconds(5));

        var statistics = model.Model.ReadStatistics();

        Assert.Equal(("d", 2, 7d, access), (statistics.DeploymentId, statistics.InferenceCount, statistics.InferenceTimeMs, statistics.LastAccess));
        Assert.Equal(model.Time.Start, statistics.StartTime);
    }

    [Fact]
    public async Task ShowsNoAccess_BeforeTheFirstInference()
    {
        await using var model = await LoadedModelFixture.StartAsync();

        Assert.Null(model.Model.ReadStatistics().LastAccess);
    }

    [Fact]
    public async Task CountsWaitingAndRunningAsPending()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        await model.RunAsync();
        _ = model.InferAsync("one", "two");

        Assert.Equal(3, model.Model.ReadStatistics().PendingRequests);
    }

    [Fact]
    public async Task DoesNotReportTheRunningMinute()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        await model.AnswerAsync();
        model.Time.Advance(TimeSpan.FromSeconds(59));

        var statistics = model.Model.ReadStatistics();

        Assert.Equal((0, 0, 0d), (statistics.ThroughputLastMinute, statistics.PeakThroughputPerMinute, statistics.InferenceTimeMsLastMinute));
    }

    [Fact]
    public async Task ReportsTheLastCompletedMinute_CountedFromTheStartOfTheProcess()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        model.Time.Advance(TimeSpan.FromSeconds(59));
        await model.AnswerAsync(milliseconds: 2);
        await model.AnswerAsync(milliseconds: 3);
        model.Time.Advance(TimeSpan.FromSeconds(1));
        await model.AnswerAsync();

        var statistics = model.Model.ReadStatistics();

        Assert.Equal((2, 2, 5d), (statistics.ThroughputLastMinute, statistics.PeakThroughputPerMinute, statistics.InferenceTimeMsLastMinute));
    }

    [Fact]
    public async Task KeepsThePeakOnly_WhenAWholeMinutePassedWithoutResults()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        await model.AnswerAsync();
        model.Time.Advance(TimeSpan.FromSeconds(120));

        var statistics = model.Model.ReadStatistics();

        Assert.Equal((0, 1, 0d), (statistics.ThroughputLastMinute, statistics.PeakThroughputPerMinute, statistics.InferenceTimeMsLastMinute));
    }

    [Fact]
    public async Task BeginsAnew_WhenTheProcessIsStartedAgain()
    {
        await using var model = await LoadedModelFixture.StartAsync();
        await model.AnswerAsync();
        var (_, request) = await model.RunAsync();
        model.Worker.Fail(request, WorkerError.Model, "why");
        model.Time.Advance(TimeSpan.FromSeconds(90));

        model.Worker.Crash("signal 11");
        model.Worker.Ready();

        var statistics = model.Model.ReadStatistics();
        Assert.Equal((0, 0, 0, null), (statistics.InferenceCount, statistics.ErrorCount, statistics.PeakThroughputPerMinute, statistics.LastAccess));
        Assert.Equal(model.Time.GetUtcNow(), statistics.StartTime);
    }

    [Fact]
    public async Task ShowsEffectiveNumbersAndMemoryOfTheNamedDeployments_WhenTheNodeIsAsked()
    {
        await using var node = new NodeFixture();
        node.Workers.MaxAllocations = 2;
        await node.ServeAsync(1, Given.Deployment(allocations: 4));

        var stats = await node.Runtime.GetStatsAsync(["d", "unknown"], CancellationToken.None).Soon();

        Assert.Equal(node.Runtime.Describe(), stats.Node);
        var model = Assert.Single(stats.Models);
        Assert.Equal((2, 1, 3000), (model.Allocations, model.ThreadsPerAllocation, model.MemoryBytes));
    }
}
