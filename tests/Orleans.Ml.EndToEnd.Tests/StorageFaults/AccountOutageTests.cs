using System.Diagnostics;
using System.Net;
using Orleans.Ml.EndToEnd.Tests.Cluster;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.StorageFaults;

/// <summary>Two nodes on an account that goes away for a while, under load. <c>./test --full</c> lets it be away for five minutes.</summary>
[Collection(nameof(Alone))]
public sealed class AccountOutageTests(TwoNodes nodes) : IClassFixture<TwoNodes>
{
    // At least this, and always until every change has been refused: until all attempts of its calls are over.
    private static readonly TimeSpan Long = FullRun.IsOn ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReturnLimit = FullRun.Limit(TimeSpan.FromSeconds(10));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HttpClient Http => nodes.Http;

    [Fact]
    public async Task ServesOnRefusesEveryChangeAndLosesNothing_WhenTheAccountIsKilledAndReturns()
    {
        var changes = await Change.PrepareAsync(Http, "k");
        await nodes.Azurite.UntilSavedAsync();
        await using var load = StartLoad();
        await using var outage = await Outage.BeginAsync(nodes.Azurite, Absence.Killed);

        var answers = await AskAllAsync(changes);

        await outage.PassAsync(Long, Cancel);
        await outage.DisposeAsync();
        var back = await nodes.UntilAChangeWorksAsync("back-k", ReturnLimit);
        Tell("killed", outage, back, answers, load);
        AssertRefused(answers, within: FullRun.Limit(TimeSpan.FromSeconds(10)));
        // Nothing reached the account: nothing has happened, and each happens when it is asked for again.
        foreach (var change in changes.Where(change => change.Name != "PUT vocabulary"))
            Assert.False(await change.IsDoneAsync(Http), $"{change} was refused and has happened");
        foreach (var change in changes)
            Assert.Equal((change.Name, HttpStatusCode.OK), (change.Name, (await change.AskAsync(Http)).Status));
        foreach (var change in changes)
            Assert.True(await change.IsDoneAsync(Http), $"{change} was answered and is not there");
        await AssertWholeAsync(load);
    }

    [Fact]
    public async Task ServesOnRefusesEveryChangeAndDoesNoneHalf_WhenTheAccountHangsAndReturns()
    {
        var changes = await Change.PrepareAsync(Http, "h");
        await using var load = StartLoad();
        await using var outage = await Outage.BeginAsync(nodes.Azurite, Absence.Frozen);

        var answers = await AskAllAsync(changes);

        await outage.PassAsync(Long, Cancel);
        await outage.DisposeAsync();
        var back = await nodes.UntilAChangeWorksAsync("back-h", ReturnLimit);
        Tell("frozen", outage, back, answers, load);
        // At the latest when Orleans gives the call up.
        AssertRefused(answers, within: FullRun.Limit(TimeSpan.FromSeconds(35)));
        // What was under way may have happened when the account woke: each is there as a whole, or happens when it is asked for again.
        foreach (var change in changes)
        {
            var again = await change.AskAsync(Http);
            Assert.True(again.Status == HttpStatusCode.OK || ((int)again.Status < 500 && await change.IsDoneAsync(Http)), again.ToString());
            Assert.True(await change.IsDoneAsync(Http), $"{change} is not there: {again}");
        }

        await AssertWholeAsync(load);
    }

    [Theory]
    [InlineData(Absence.Killed, 28)]
    [InlineData(Absence.Frozen, 45)]
    public async Task EndsInTime_WhenItIsToldToStopWhileTheAccountIsAway(Absence absence, int limitSeconds)
    {
        Assert.SkipWhen(absence == Absence.Frozen && !FullRun.IsOn, "Only ./test --full waits for attempts that hang");
        // One that serves: it tries to hand over first.
        var serving = (await Http.DeploymentStatsAsync("tiny-ner"))!["nodes"]!.AsArray().First(n => n!["node"] is not null)!["node"]!.AsObject().First().Key;
        var leaving = serving == "node-1" ? nodes.First : nodes.Second;
        await nodes.Azurite.UntilSavedAsync();
        await using var outage = await Outage.BeginAsync(nodes.Azurite, absence);
        var clock = Stopwatch.StartNew();

        await leaving.TerminateAsync();

        var ended = clock.Elapsed;
        Measured.Print($"a node that is told to stop while the account is {(absence == Absence.Frozen ? "frozen" : "killed")} ends after {ended.TotalSeconds:0.0} s");
        await outage.DisposeAsync();
        await leaving.RestartAsync();
        await nodes.UntilSettledAsync(ReturnLimit);
        Assert.InRange(ended, TimeSpan.Zero, FullRun.Limit(TimeSpan.FromSeconds(limitSeconds)));
    }

    private async Task<IReadOnlyList<ChangeAnswer>> AskAllAsync(IReadOnlyList<Change> changes) => await Task.WhenAll(changes.Select(change => change.AskAsync(Http)));

    private SteadyLoad StartLoad() => new("tiny-ner", clients: 8, nodes.First.Http.BaseAddress!, nodes.Second.Http.BaseAddress!);

    private static void AssertRefused(IReadOnlyList<ChangeAnswer> answers, TimeSpan within) => Assert.All(answers, answer =>
    {
        Assert.True(answer is { Status: HttpStatusCode.ServiceUnavailable, ErrorType: "status_exception" }, answer.ToString());
        Assert.True(answer.Took < within, answer.ToString());
    });

    private async Task AssertWholeAsync(SteadyLoad load)
    {
        await load.DisposeAsync();
        Assert.True(load.Tally.Failed == 0 && load.Tally.Answered > 100, $"{load.Tally}");
        foreach (var node in new[] { nodes.First, nodes.Second })
        {
            Assert.False(node.HasExited, node.Output);
            await node.Http.InferAsync("tiny-ner", "Anna lives in Berlin");
        }
    }

    private static void Tell(string what, Outage outage, TimeSpan back, IReadOnlyList<ChangeAnswer> answers, SteadyLoad load)
    {
        Measured.Print($"account {what} for {outage.Elapsed.TotalSeconds:0} s: {load.Tally}; changes refused after {answers.Min(a => a.Took).TotalSeconds:0.0} to " +
            $"{answers.Max(a => a.Took).TotalSeconds:0.0} s; a change works {back.TotalSeconds:0.0} s after the return");
        if (Environment.GetEnvironmentVariable("ORLEANS_ML_EXPLAIN") == "1")
            Measured.Print(string.Join('\n', answers));
    }
}
