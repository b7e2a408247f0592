namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>Three silos as processes, real workers, many clients, real signals. A few rounds; <c>./test --full</c> has them all.</summary>
[Collection(nameof(Alone))]
public sealed class SignalTests
{
    [Fact]
    public async Task OthersTakeOverAndNoRequestWithAnotherRouteIsLost_WhenNodesAreKilled()
    {
        await using var trial = await Trial.StartAsync("kill -9", Trial.RoomForOneModel);

        for (var round = 0; round < Trial.Rounds(3, 20); round++)
            await trial.KillAsync(trial.AnyNode());

        await trial.EndAsync();
    }

    [Fact]
    public async Task OthersTakeOverAndItsReturnDoesNoHarm_WhenNodesFreeze()
    {
        await using var trial = await Trial.StartAsync("SIGSTOP, SIGCONT", Trial.RoomForOneModel);

        for (var round = 0; round < Trial.Rounds(1, 5); round++)
            await trial.FreezeAsync(trial.AnyNode());

        await trial.EndAsync();
    }

    [Fact]
    public async Task NoRequestIsLost_WhenNodesRestartInOrder()
    {
        await using var trial = await Trial.StartAsync("SIGTERM and start", Trial.RoomForBothModels);

        for (var round = 0; round < Trial.Rounds(2, 10); round++)
            await trial.RestartAsync(trial.AnyNode());

        await trial.EndAsync();
    }
}
