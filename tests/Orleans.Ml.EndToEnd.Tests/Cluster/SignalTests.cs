using Orleans.Ml.Testing;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>Three silos as processes, real workers, many clients, real signals. A few rounds; <c>./test --full</c> has them all.</summary>
[Collection(nameof(Alone))]
public sealed class SignalTests
{
    /// <summary>What a node's death does is shown on both, everything else on Redis in the long run only.</summary>
    public static TheoryData<Membership> Stores => FullRun.IsOn ? [Membership.AzureTables, Membership.Redis] : [Membership.AzureTables];

    [Theory]
    [InlineData(Membership.AzureTables, 3)]
    [InlineData(Membership.Redis, 2)]
    public async Task OthersTakeOverAndNoRequestWithAnotherRouteIsLost_WhenNodesAreKilled(Membership membership, int few)
    {
        await using var trial = await Trial.StartAsync("kill -9", Trial.RoomForOneModel, membership);

        for (var round = 0; round < Trial.Rounds(few, 20); round++)
            await trial.KillAsync(trial.AnyNode());

        await trial.EndAsync();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task OthersTakeOverAndItsReturnDoesNoHarm_WhenNodesFreeze(Membership membership)
    {
        await using var trial = await Trial.StartAsync("SIGSTOP, SIGCONT", Trial.RoomForOneModel, membership);

        for (var round = 0; round < Trial.Rounds(1, 5); round++)
            await trial.FreezeAsync(trial.AnyNode());

        await trial.EndAsync();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task NoRequestIsLost_WhenNodesRestartInOrder(Membership membership)
    {
        await using var trial = await Trial.StartAsync("SIGTERM and start", Trial.RoomForBothModels, membership);

        for (var round = 0; round < Trial.Rounds(2, 10); round++)
            await trial.RestartAsync(trial.AnyNode());

        await trial.EndAsync();
    }
}
