using System.Security.Cryptography;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Tests.Conformance;

/// <summary>What grains rely on, whatever keeps their state. Each test has a key of its own.</summary>
public abstract class GrainStorageTests(StorageHost host)
{
    private const string StateName = "counter";
    private readonly GrainId _id = GrainId.Create("ml-test", $"key-{Guid.NewGuid()}");

    private IGrainStorage Storage => host.Storage;

    [Fact]
    public async Task GivesANewStateWithoutETag_WhenThereIsNoRecord()
    {
        var state = new GrainState<CounterState>(new() { Count = 7 }) { ETag = "7", RecordExists = true };

        await Storage.ReadStateAsync(StateName, _id, state);

        Assert.Equal(0, state.State?.Count);
        Assert.Null(state.ETag);
        Assert.False(state.RecordExists);
    }

    [Fact]
    public async Task GivesWhatWasWrittenLast_WithItsETag()
    {
        var written = await WriteAsync(_id, 1);
        await WriteAsync(_id, 2, written.ETag);

        var read = await ReadAsync(_id);

        Assert.Equal(2, read.State?.Count);
        Assert.True(read.RecordExists);
        Assert.NotEqual(written.ETag, read.ETag);
    }

    [Fact]
    public async Task RefusesAWrite_WhenItsWriterKnowsNoRecord()
    {
        await WriteAsync(_id, 1);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => WriteAsync(_id, 2));

        Assert.Equal(1, await CountAsync(_id));
    }

    [Fact]
    public async Task RefusesAWrite_WhenItsETagIsAnOlderOne()
    {
        var first = await WriteAsync(_id, 1);
        await WriteAsync(_id, 2, first.ETag);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => WriteAsync(_id, 3, first.ETag));

        Assert.Equal(2, await CountAsync(_id));
    }

    [Fact]
    public async Task RefusesAWrite_WhenTheRecordThatItKnowsIsNotThere()
    {
        var other = await WriteAsync(GrainId.Create("ml-test", $"other-{Guid.NewGuid()}"), 1);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => WriteAsync(_id, 1, other.ETag));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LetsExactlyOneWriterWin_WhenManyWriteAtOnce(bool exists)
    {
        var eTag = exists ? (await WriteAsync(_id, 0)).ETag : null;

        var winners = await Task.WhenAll(Enumerable.Range(1, 16).Select(i => Task.Run(async () =>
        {
            try
            {
                await WriteAsync(_id, i, eTag);
                return i;
            }
            catch (InconsistentStateException)
            {
                return 0;
            }
        })));

        Assert.Equal(Assert.Single(winners, i => i > 0), await CountAsync(_id));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("/")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(@"a\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a%b")]
    [InlineData("a%2Fb")]
    [InlineData("a%00b")]
    [InlineData("a+b&c=d")]
    [InlineData("a'b\"c")]
    [InlineData(" a b ")]
    [InlineData("a.")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("über-日本語-😀")]
    public async Task KeepsARecord_WhateverItsKeyIs(string key)
    {
        var id = GrainId.Create($"ml-test-{Guid.NewGuid():n}", key);

        var written = await WriteAsync(id, 1);
        await WriteAsync(id, 2, written.ETag);

        Assert.Equal(2, await CountAsync(id));
        var state = await ReadAsync(id);
        await Storage.ClearStateAsync(StateName, id, state);
        Assert.False((await ReadAsync(id)).RecordExists);
    }

    [Fact]
    public async Task KeepsARecord_WhenItsKeyIsLong()
    {
        var id = GrainId.Create("ml-test", $"{Guid.NewGuid():n}{new string('a', 400)}");

        await WriteAsync(id, 1);

        Assert.Equal(1, await CountAsync(id));
    }

    [Theory]
    [InlineData("1", "01")]
    [InlineData("abc", "ABC")]
    [InlineData("abc", "0abc")]
    [InlineData("1", "1+")]
    [InlineData("1+x", "01+x")]
    [InlineData("9bb5bd5a0b4d4d2f8a3d5f0f2d4f7a11", "9BB5BD5A0B4D4D2F8A3D5F0F2D4F7A11")]
    [InlineData("node/a", "node/a/")]
    [InlineData("a'b", "a''b")]
    [InlineData("é", "e\u0301")]
    [InlineData("a ", "a")]
    [InlineData("a/b", "a_b")]
    [InlineData("a/b", @"a\b")]
    [InlineData("a#b", "a?b")]
    [InlineData("a%2fb", "a/b")]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("a/../b", "b")]
    public async Task KeepsRecordsApart_WhenTheirKeysAreOddAndAlike(string one, string other)
    {
        var type = $"ml-test-{Guid.NewGuid():n}";
        await WriteAsync(GrainId.Create(type, one), 1);

        var refused = await Record.ExceptionAsync(() => WriteAsync(GrainId.Create(type, other), 2));

        // Where the official layout writes both keys alike, the second one must at least be refused.
        Assert.Equal(host.TellsApart(one, other), refused is not InconsistentStateException);
        Assert.Equal(1, await CountAsync(GrainId.Create(type, one)));
        Assert.Equal(host.TellsApart(one, other) ? 2 : 1, await CountAsync(GrainId.Create(type, other)));
    }

    [Fact]
    public async Task KeepsABigState()
    {
        var filler = RandomNumberGenerator.GetBytes(300_000);
        var state = new GrainState<CounterState>(new() { Count = 1, Filler = filler });

        await Storage.WriteStateAsync(StateName, _id, state);

        Assert.Equal(filler, (await ReadAsync(_id)).State?.Filler);
    }

    [Fact]
    public async Task KeepsRecordsApart_WhenOnlyTheGrainTypeOrTheStateNameDiffers()
    {
        await WriteAsync(_id, 1);
        await WriteAsync(GrainId.Create(GrainType.Create("ml-test-2"), _id.Key), 2);
        var named = new GrainState<CounterState>(new() { Count = 3 });
        await Storage.WriteStateAsync("other", _id, named);

        Assert.Equal(1, await CountAsync(_id));
        Assert.Equal(2, await CountAsync(GrainId.Create(GrainType.Create("ml-test-2"), _id.Key)));
    }

    [Fact]
    public async Task ForgetsTheRecord_WhenItIsCleared()
    {
        var written = await WriteAsync(_id, 1);

        await Storage.ClearStateAsync(StateName, _id, written);

        Assert.Equal(0, written.State?.Count);
        Assert.False(written.RecordExists);
        Assert.False((await ReadAsync(_id)).RecordExists);
    }

    [Fact]
    public async Task WritesAgain_AfterTheRecordWasCleared()
    {
        var state = await WriteAsync(_id, 1);
        await Storage.ClearStateAsync(StateName, _id, state);

        state.State = new() { Count = 2 };
        await Storage.WriteStateAsync(StateName, _id, state);

        Assert.Equal(2, await CountAsync(_id));
    }

    [Fact]
    public async Task RefusesAWriterOfTheOldRecord_WhenItWasClearedAndMadeAnew()
    {
        var old = await WriteAsync(_id, 1);
        var state = await ReadAsync(_id);
        await Storage.ClearStateAsync(StateName, _id, state);
        await WriteAsync(_id, 2, state.ETag);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => WriteAsync(_id, 3, old.ETag));
    }

    [Fact]
    public async Task RefusesToClear_WhenTheETagIsStale()
    {
        var stale = await WriteAsync(_id, 1);
        await WriteAsync(_id, 2, stale.ETag);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => Storage.ClearStateAsync(StateName, _id, stale));

        Assert.Equal(2, await CountAsync(_id));
    }

    [Fact]
    public async Task DoesNothing_WhenWhatIsClearedIsNotThere()
    {
        var nothing = new GrainState<CounterState>(new());

        await Storage.ClearStateAsync(StateName, _id, nothing);

        Assert.False(nothing.RecordExists);
    }

    private async Task<GrainState<CounterState>> WriteAsync(GrainId id, int count, string? eTag = null)
    {
        var state = new GrainState<CounterState>(new() { Count = count }) { ETag = eTag, RecordExists = eTag is not null };
        await Storage.WriteStateAsync(StateName, id, state);
        return state;
    }

    private async Task<int?> CountAsync(GrainId id) => (await ReadAsync(id)).State?.Count;

    private async Task<GrainState<CounterState>> ReadAsync(GrainId id)
    {
        var state = new GrainState<CounterState>();
        await Storage.ReadStateAsync(StateName, id, state);
        return state;
    }
}
