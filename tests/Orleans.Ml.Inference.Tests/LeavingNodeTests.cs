using Orleans.Ml.Deployments;

namespace Orleans.Ml.Inference.Tests;

public sealed class LeavingNodeTests
{
    [Fact]
    public async Task ServesOnAndSaysThatItLeaves()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());

        Assert.True(node.Runtime.BeginLeaving());

        Assert.False(node.Runtime.BeginLeaving());
        Assert.True(node.Runtime.Describe().IsLeaving);
        var (reply, request) = await node.RunAsync(worker);
        worker.Answer(request);
        Assert.True((await reply).IsOk);
    }

    [Fact]
    public async Task IsShownAsStoppingAndStillServes_WhenItsRoutesAreWithdrawn()
    {
        await using var node = new NodeFixture();
        var worker = await node.ServeAsync(1, Given.Deployment());

        node.Runtime.Withdraw(["d", "unknown"]);

        var report = await node.WaitForAsync("d", RoutingState.Stopping);
        Assert.Equal(1, report.Route.CurrentAllocations);
        var (reply, request) = await node.RunAsync(worker);
        worker.Answer(request);
        Assert.True((await reply).IsOk);
    }
}
