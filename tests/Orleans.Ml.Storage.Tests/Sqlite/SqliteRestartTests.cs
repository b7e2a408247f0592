using Orleans.Ml.Storage.Sqlite;
using Orleans.Ml.Storage.Tests.Conformance;

namespace Orleans.Ml.Storage.Tests.Sqlite;

public sealed class SqliteRestartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task KeepsRecordsAndETags_WhenTheSiloIsStartedAgain()
    {
        var id = GrainId.Create("ml-test", "one");
        var state = new GrainState<CounterState>(new() { Count = 1 });
        await using (var first = await StorageSilo.StartAsync(_folder.Path))
            await first.Storage.WriteStateAsync("counter", id, state);

        await using var second = await StorageSilo.StartAsync(_folder.Path);
        var read = new GrainState<CounterState>();
        await second.Storage.ReadStateAsync("counter", id, read);

        Assert.Equal(1, read.State?.Count);
        Assert.Equal(state.ETag, read.ETag);
        await second.Storage.WriteStateAsync("counter", id, state);
    }

    [Fact]
    public async Task ServesAGrain_WhenItNamesNoProvider()
    {
        await using (var first = await StorageSilo.StartAsync(_folder.Path))
            Assert.Equal(1, await first.Grains.GetGrain<ICounterGrain>("abc").IncrementAsync());

        await using var second = await StorageSilo.StartAsync(_folder.Path);

        Assert.Equal(2, await second.Grains.GetGrain<ICounterGrain>("abc").IncrementAsync());
    }

    [Fact]
    public async Task SaysUnavailable_WhenTheDatabaseRefuses()
    {
        await using var silo = await StorageSilo.StartAsync(_folder.Path);
        using (var database = new GrainDatabase(_folder.Path))
        using (var connection = database.DataSource.OpenConnection())
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "DROP TABLE GrainState";
            command.ExecuteNonQuery();
        }

        var state = new GrainState<CounterState>(new());
        var refused = await Assert.ThrowsAsync<MlException>(() => silo.Storage.WriteStateAsync("counter", GrainId.Create("ml-test", "one"), state));

        Assert.Equal(MlErrorKind.Unavailable, refused.Kind);
        Assert.Contains("[ml-test/one]", refused.Message, StringComparison.Ordinal);
    }
}
