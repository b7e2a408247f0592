using Orleans.Ml.Models;

namespace Orleans.Ml.Grains.Tests;

public sealed class ModelAliasGrainTests(ClusterFixture cluster)
{
    private readonly IModelAliasGrain _aliases = cluster.Grains.GetGrain<IModelAliasGrain>($"test-{Guid.NewGuid():N}");

    [Fact]
    public async Task KnowsAnAlias_AfterItsActivationIsGone()
    {
        var put = await _aliases.PutAsync("a", "m", current: null);
        await cluster.Cluster.DeactivateAsync(_aliases);

        var read = await ReadAsync();

        Assert.Equal("m", read.ByAlias["a"]);
        Assert.Equal(put.Version, read.Version);
    }

    [Fact]
    public async Task MovesAnAlias_WhenTheCallerKnowsWhereItIs()
    {
        await _aliases.PutAsync("a", "one", current: null);

        var moved = await _aliases.PutAsync("a", "two", current: "one");

        Assert.Equal("two", moved.ByAlias["a"]);
    }

    [Fact]
    public async Task RefusesToMoveAnAlias_WhenItIsNotWhereTheCallerHasSeenIt()
    {
        await _aliases.PutAsync("a", "one", current: null);

        var error = await Assert.ThrowsAsync<MlException>(() => _aliases.PutAsync("a", "two", current: null));

        Assert.Equal(MlErrorKind.BadRequest, error.Kind);
        Assert.Contains("[one]", error.Message, StringComparison.Ordinal);
        Assert.Equal("one", (await ReadAsync()).ByAlias["a"]);
    }

    [Fact]
    public async Task TakesAwayOnlyTheAliasesOfTheModel()
    {
        await _aliases.PutAsync("a", "one", current: null);
        await _aliases.PutAsync("b", "one", current: null);
        await _aliases.PutAsync("c", "two", current: null);
        await _aliases.RemoveAsync("c", "one");

        var left = await _aliases.RemoveModelAsync("one");

        Assert.Equal(["c"], left.ByAlias.Keys);
    }

    [Fact]
    public async Task AnswersAWaitingPoll_WhenAnAliasChanges()
    {
        var known = await ReadAsync();
        var poll = _aliases.PollAsync(known.Version, TimeSpan.FromSeconds(20), ClusterFixture.Cancellation);

        await _aliases.PutAsync("a", "m", current: null);

        Assert.Equal("m", (await poll.WaitAsync(TimeSpan.FromSeconds(10), ClusterFixture.Cancellation)).ByAlias["a"]);
    }

    private Task<ModelAliases> ReadAsync() => _aliases.PollAsync(-1, TimeSpan.Zero, ClusterFixture.Cancellation);
}
