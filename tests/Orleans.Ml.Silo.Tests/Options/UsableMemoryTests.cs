using Orleans.Ml.Silo.Options;

namespace Orleans.Ml.Silo.Tests.Options;

public sealed class UsableMemoryTests : IDisposable
{
    private const string SixteenGigabytes = "MemTotal:       16777216 kB\nMemFree:         1 kB\n";
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void IsTheMachines_WhenNoGroupLimitsIt()
    {
        _root.Write("proc/meminfo", SixteenGigabytes);
        _root.Write("proc/self/cgroup", "0::/user.slice\n");
        _root.Write("sys/fs/cgroup/user.slice/memory.max", "max\n");

        Assert.Equal(16L << 30, UsableMemory.Read(_root.Path));
    }

    [Fact]
    public void IsTheContainers_WhenItSeesOnlyItsOwnGroup()
    {
        _root.Write("proc/meminfo", SixteenGigabytes);
        _root.Write("proc/self/cgroup", "0::/\n");
        _root.Write("sys/fs/cgroup/memory.max", "2147483648\n");

        Assert.Equal(2L << 30, UsableMemory.Read(_root.Path));
    }

    [Fact]
    public void IsTheTightestLimit_WhenAGroupAboveIsLimitedToo()
    {
        _root.Write("proc/meminfo", SixteenGigabytes);
        _root.Write("proc/self/cgroup", "0::/pod/app\n");
        _root.Write("sys/fs/cgroup/pod/app/memory.max", "4294967296\n");
        _root.Write("sys/fs/cgroup/pod/memory.max", "3221225472\n");

        Assert.Equal(3L << 30, UsableMemory.Read(_root.Path));
    }

    [Fact]
    public void IsTheGroups_WhenTheSystemHasVersionOne()
    {
        _root.Write("proc/meminfo", SixteenGigabytes);
        _root.Write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/0123\n0::/\n");
        _root.Write("sys/fs/cgroup/memory/docker/0123/memory.limit_in_bytes", "1073741824\n");
        _root.Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");

        Assert.Equal(1L << 30, UsableMemory.Read(_root.Path));
    }

    [Fact]
    public void IsUnknown_WhenTheSystemTellsNothing() => Assert.Equal(0, UsableMemory.Read(_root.Path));

    [Fact]
    public void IsPlausible_OnThisMachine() => Assert.InRange(UsableMemory.Read(), 64L << 20, 1L << 50);
}
