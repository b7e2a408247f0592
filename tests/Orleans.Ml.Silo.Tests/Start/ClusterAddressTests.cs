using System.Net;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Tests.Start;

public sealed class ClusterAddressTests
{
    [Theory]
    [InlineData("127.0.0.2", "127.0.0.2")]
    [InlineData("localhost", "127.0.0.1")]
    public async Task IsWhatWasSaid_WhenThatIsThisMachine(string said, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), await ClusterAddress.FindAsync(said));

    [Fact]
    public async Task NamesTheAddress_WhenItIsAnotherMachines()
    {
        // TEST-NET-1 (RFC 5737): nobody's.
        var refused = await Assert.ThrowsAsync<StartFailure>(() => ClusterAddress.FindAsync("192.0.2.1"));

        Assert.Equal("--cluster-host 192.0.2.1 is no address of this machine.", refused.Message);
    }

    [Fact]
    public async Task NamesTheName_WhenItCannotBeResolved()
    {
        // A name that is never anybody's (RFC 6761).
        var refused = await Assert.ThrowsAsync<StartFailure>(() => ClusterAddress.FindAsync("node-1.invalid"));

        Assert.StartsWith("--cluster-host node-1.invalid cannot be resolved", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("node-1", "127.0.1.1", true)]
    [InlineData("node-1", "10.0.0.7", false)]
    [InlineData("localhost", "127.0.0.1", false)]
    [InlineData("127.0.0.2", "127.0.0.2", false)]
    public void MisleadsOthers_WhenANameIsLoopback(string host, string address, bool misleads) =>
        Assert.Equal(misleads, ClusterAddress.MisleadsOthers(host, IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.0.0.7", "127.0.1.1", "fd00::7", "10.0.0.7")]
    [InlineData("10.0.0.7", "fd00::7", "10.0.0.7")]
    [InlineData("fd00::7", "127.0.1.1", "fd00::7", "10.0.0.9")]
    [InlineData("127.0.1.1", "10.0.0.9", "127.0.1.1")]
    [InlineData(null, "10.0.0.9")]
    public void IsTheOneThatOtherMachinesReach_WhenANameHasSeveral(string? expected, params string[] found)
    {
        HashSet<IPAddress> own = [IPAddress.Parse("10.0.0.7"), IPAddress.Parse("fd00::7"), IPAddress.Loopback];

        Assert.Equal(expected, ClusterAddress.Choose(found.Select(IPAddress.Parse), own)?.ToString());
    }
}
