using System.Net;

namespace Orleans.Ml.Storage.Tests.Conformance;

/// <summary>What Orleans relies on in a membership table, whatever keeps it. Each test has a cluster of its own.</summary>
public abstract class MembershipTableTests : IAsyncLifetime
{
    private static readonly DateTime Now = new(2026, 2, 3, 4, 5, 6, 789, DateTimeKind.Utc);
    private readonly string _clusterId = $"cluster-{Guid.NewGuid():n}";
    private MembershipHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IMembershipTable Table => _host.Table;

    public async ValueTask InitializeAsync()
    {
        _host = await OpenAsync(_clusterId);
        await Table.InitializeMembershipTableAsync(true, Cancel);
    }

    public ValueTask DisposeAsync()
    {
        _host.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected abstract Task<MembershipHost> OpenAsync(string clusterId);

    [Fact]
    public async Task StartsWithNoSiloAtVersionZero_AlsoWhenSeveralInitialiseIt()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Table.InitializeMembershipTableAsync(true, Cancel)));

        var data = await Table.ReadAllAsync(Cancel);

        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotEmpty(data.Version.VersionEtag);
    }

    [Fact]
    public async Task GivesTheWholeRow_WhenASiloWasInserted()
    {
        var entry = Silo(1);
        entry.SuspectTimes = [Tuple.Create(Silo(2).SiloAddress, Now), Tuple.Create(Silo(3).SiloAddress, Now.AddSeconds(1))];
        var before = await Table.ReadAllAsync(Cancel);

        Assert.True(await Table.InsertRowAsync(entry, before.Version.Next(), Cancel));

        var after = await Table.ReadAllAsync(Cancel);
        Assert.Equal(1, after.Version.Version);
        Assert.NotEqual(before.Version.VersionEtag, after.Version.VersionEtag);
        var (read, eTag) = Assert.Single(after.Members);
        Assert.NotEmpty(eTag);
        Assert.Equal(entry.SiloAddress, read.SiloAddress);
        Assert.Equal((entry.Status, entry.HostName, entry.SiloName, entry.ProxyPort), (read.Status, read.HostName, read.SiloName, read.ProxyPort));
        Assert.Equal((entry.StartTime, entry.IAmAliveTime), (read.StartTime, read.IAmAliveTime));
        Assert.Equal(entry.SuspectTimes, read.SuspectTimes);
    }

    [Fact]
    public async Task RefusesASilo_WhenItIsThereAlready()
    {
        await InsertAsync(Silo(1));

        Assert.False(await Table.InsertRowAsync(Silo(1), (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel));

        Assert.Equal(1, (await Table.ReadAllAsync(Cancel)).Version.Version);
    }

    [Fact]
    public async Task RefusesAnInsert_WhenTheTableHasANewerVersion()
    {
        var stale = (await Table.ReadAllAsync(Cancel)).Version.Next();
        await InsertAsync(Silo(1));

        Assert.False(await Table.InsertRowAsync(Silo(2), stale, Cancel));

        Assert.Single((await Table.ReadAllAsync(Cancel)).Members);
    }

    [Fact]
    public async Task ReplacesARow_WhenItIsUpdated()
    {
        await InsertAsync(Silo(1));
        await InsertAsync(Silo(2));
        var before = await Table.ReadRowAsync(Silo(1).SiloAddress, Cancel);
        var (entry, eTag) = Assert.Single(before.Members);
        entry.Status = SiloStatus.Dead;
        entry.SuspectTimes = [Tuple.Create(Silo(2).SiloAddress, Now)];

        Assert.True(await Table.UpdateRowAsync(entry, eTag, before.Version.Next(), Cancel));

        var after = await Table.ReadAllAsync(Cancel);
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
        Assert.Equal(SiloStatus.Dead, after.TryGet(Silo(1).SiloAddress)!.Item1.Status);
        Assert.Equal(SiloStatus.Active, after.TryGet(Silo(2).SiloAddress)!.Item1.Status);
    }

    [Fact]
    public async Task RefusesAnUpdate_WhenTheTableHasANewerVersion()
    {
        await InsertAsync(Silo(1));
        var before = await Table.ReadRowAsync(Silo(1).SiloAddress, Cancel);
        await InsertAsync(Silo(2));
        var (entry, eTag) = Assert.Single(before.Members);
        entry.Status = SiloStatus.Dead;

        Assert.False(await Table.UpdateRowAsync(entry, eTag, before.Version.Next(), Cancel));

        Assert.Equal(SiloStatus.Active, (await Table.ReadAllAsync(Cancel)).TryGet(Silo(1).SiloAddress)!.Item1.Status);
    }

    [Fact]
    public async Task LetsExactlyOneWin_WhenManyUpdateAtOnce()
    {
        await InsertAsync(Silo(1));
        var before = await Table.ReadRowAsync(Silo(1).SiloAddress, Cancel);
        var (_, eTag) = Assert.Single(before.Members);

        var results = await Task.WhenAll(Enumerable.Range(1, 8).Select(port => Task.Run(() =>
        {
            var entry = Silo(1);
            entry.ProxyPort = port;
            return Table.UpdateRowAsync(entry, eTag, before.Version.Next(), Cancel);
        })));

        Assert.Single(results, won => won);
        var after = await Table.ReadAllAsync(Cancel);
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
        Assert.Equal(Array.IndexOf(results, true) + 1, after.TryGet(Silo(1).SiloAddress)!.Item1.ProxyPort);
    }

    [Fact]
    public async Task LetsExactlyOneWin_WhenManyInsertAtOnce()
    {
        var version = (await Table.ReadAllAsync(Cancel)).Version.Next();

        var results = await Task.WhenAll(Enumerable.Range(1, 8).Select(port => Task.Run(() => Table.InsertRowAsync(Silo(port), version, Cancel))));

        Assert.Single(results, won => won);
        Assert.Single((await Table.ReadAllAsync(Cancel)).Members);
    }

    [Fact]
    public async Task ChangesOnlyTheTime_WhenASiloSaysThatItIsAlive()
    {
        await InsertAsync(Silo(1));
        var before = await Table.ReadAllAsync(Cancel);
        var alive = Silo(1);
        alive.IAmAliveTime = Now.AddMinutes(5);
        alive.Status = SiloStatus.Dead;

        await Table.UpdateIAmAliveAsync(alive, Cancel);

        var after = await Table.ReadAllAsync(Cancel);
        var (read, _) = Assert.Single(after.Members);
        Assert.Equal(Now.AddMinutes(5), read.IAmAliveTime);
        Assert.Equal((SiloStatus.Active, "silo-1"), (read.Status, read.SiloName));
        Assert.Equal(before.Version.Version, after.Version.Version);
        Assert.True(await Table.InsertRowAsync(Silo(2), before.Version.Next(), Cancel), "the version row was touched");
    }

    [Fact]
    public async Task RemovesOnlyTheDead_WhenDefunctSilosAreCleanedUp()
    {
        await InsertAsync(Silo(1));
        var dead = Silo(2);
        dead.Status = SiloStatus.Dead;
        await InsertAsync(dead);

        await Table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(Now).AddYears(-1), Cancel);
        Assert.Equal(2, (await Table.ReadAllAsync(Cancel)).Members.Count);
        await Table.CleanupDefunctSiloEntriesAsync(TimeProvider.System.GetUtcNow().AddYears(10), Cancel);

        var (left, _) = Assert.Single((await Table.ReadAllAsync(Cancel)).Members);
        Assert.Equal(Silo(1).SiloAddress, left.SiloAddress);
        Assert.Equal(2, (await Table.ReadAllAsync(Cancel)).Version.Version);
    }

    [Fact]
    public async Task HasNothingLeft_WhenItsEntriesAreDeleted()
    {
        await InsertAsync(Silo(1));
        await InsertAsync(Silo(2));

        await Table.DeleteMembershipTableEntriesAsync(_clusterId, Cancel);
        await Table.InitializeMembershipTableAsync(true, Cancel);

        var data = await Table.ReadAllAsync(Cancel);
        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
    }

    private static MembershipEntry Silo(int number) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 11110 + number, 123_456_789),
        SiloName = $"silo-{number}",
        HostName = "host",
        Status = SiloStatus.Active,
        ProxyPort = 30000 + number,
        StartTime = Now.AddMinutes(-1),
        IAmAliveTime = Now,
    };

    private async Task InsertAsync(MembershipEntry entry) => Assert.True(await Table.InsertRowAsync(entry, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel));
}
