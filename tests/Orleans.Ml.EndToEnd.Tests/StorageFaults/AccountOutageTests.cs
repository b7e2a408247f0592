using System.Diagnostics;
using System.Net;
using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.StorageFaults;

/// <summary>Two nodes on an account that goes away for a while, under load. <c>./test --full</c> lets it be away for five minutes.</summary>
[Collection(nameof(Alone))]
public sealed class AccountOutageTests(TwoNodes nodes) : IClassFixture<TwoNodes>
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("ORLEANS_ML_FULL") == "1";

    // Longer than all attempts of one call together.
    private static readonly TimeSpan Outage = IsFull ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(12);
    private static readonly TimeSpan ReturnLimit = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HttpClient Http => nodes.Http;

    [Fact]
    public async Task ServesOnRefusesEveryChangeAndLosesNothing_WhenTheAccountIsKilledAndReturns()
    {
        var changes = await Change.PrepareAsync(Http, "k");
        await nodes.Azurite.UntilSavedAsync();
        await using var load = new SteadyLoad("tiny-ner", clientsOfEach: 4, nodes.First, nodes.Second);
        var outage = Stopwatch.StartNew();
        await nodes.Azurite.KillAsync();

        var answers = await AskAllAsync(changes);

        await PassAsync(outage);
        await nodes.Azurite.RestartAsync();
        var back = await nodes.UntilAChangeWorksAsync("back-k", ReturnLimit);
        Tell("killed", outage, back, answers, load);
        AssertRefused(answers, within: TimeSpan.FromSeconds(10));
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
        await using var load = new SteadyLoad("tiny-ner", clientsOfEach: 4, nodes.First, nodes.Second);
        var outage = Stopwatch.StartNew();
        nodes.Azurite.Freeze();

        var answers = await AskAllAsync(changes);

        await PassAsync(outage);
        nodes.Azurite.Thaw();
        var back = await nodes.UntilAChangeWorksAsync("back-h", ReturnLimit);
        Tell("frozen", outage, back, answers, load);
        // At the latest when Orleans gives the call up.
        AssertRefused(answers, within: TimeSpan.FromSeconds(35));
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
    [InlineData(false)]
    [InlineData(true)]
    public async Task EndsInTime_WhenItIsToldToStopWhileTheAccountIsAway(bool isFrozen)
    {
        Assert.SkipWhen(isFrozen && !IsFull, "Only ./test --full waits for attempts that hang");
        // One that serves: it tries to hand over first.
        var serving = (await Http.DeploymentStatsAsync("tiny-ner"))!["nodes"]!.AsArray().First(n => n!["node"] is not null)!["node"]!.AsObject().First().Key;
        var leaving = serving == "node-1" ? nodes.First : nodes.Second;
        await nodes.Azurite.UntilSavedAsync();
        if (isFrozen)
            nodes.Azurite.Freeze();
        else
            await nodes.Azurite.KillAsync();
        var clock = Stopwatch.StartNew();

        await leaving.TerminateAsync();

        Measured.Print($"a node that is told to stop while the account is {(isFrozen ? "frozen" : "killed")} ends after {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, isFrozen ? 45 : 28);
        if (isFrozen)
            nodes.Azurite.Thaw();
        else
            await nodes.Azurite.RestartAsync();
        await leaving.RestartAsync();
        await leaving.Http.InferAsync("tiny-ner", "Anna lives in Berlin");
    }

    private async Task<IReadOnlyList<ChangeAnswer>> AskAllAsync(IReadOnlyList<Change> changes) => await Task.WhenAll(changes.Select(change => change.AskAsync(Http)));

    private static async Task PassAsync(Stopwatch outage)
    {
        if (Outage - outage.Elapsed is var left && left > TimeSpan.Zero)
            await Task.Delay(left, TimeProvider.System, Cancel);
    }

    private static void AssertRefused(IReadOnlyList<ChangeAnswer> answers, TimeSpan within) => Assert.All(answers, answer =>
    {
        Assert.True(answer is { Status: HttpStatusCode.ServiceUnavailable, ErrorType: "status_exception" }, answer.ToString());
        Assert.True(answer.Took < within, answer.ToString());
    });

    private async Task AssertWholeAsync(SteadyLoad load)
    {
        await load.DisposeAsync();
        Assert.Empty(load.Failures);
        Assert.True(load.Answered > 100, load.ToString());
        foreach (var node in new[] { nodes.First, nodes.Second })
        {
            Assert.False(node.HasExited, node.Output);
            await node.Http.InferAsync("tiny-ner", "Anna lives in Berlin");
        }
    }

    private static void Tell(string what, Stopwatch outage, TimeSpan back, IReadOnlyList<ChangeAnswer> answers, SteadyLoad load)
    {
        Measured.Print($"account {what} for {outage.Elapsed.TotalSeconds:0} s: {load}; changes refused after {answers.Min(a => a.Took).TotalSeconds:0.0} to " +
            $"{answers.Max(a => a.Took).TotalSeconds:0.0} s; a change works {back.TotalSeconds:0.0} s after the return");
        if (Environment.GetEnvironmentVariable("ORLEANS_ML_EXPLAIN") == "1")
            Measured.Print(string.Join('\n', answers));
    }
}
