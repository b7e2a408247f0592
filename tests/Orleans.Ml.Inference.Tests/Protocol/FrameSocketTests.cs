using System.Net.Sockets;
using Orleans.Ml.Inference.Protocol;
using Orleans.Ml.Inference.Tests.Workers;

namespace Orleans.Ml.Inference.Tests.Protocol;

public sealed class FrameSocketTests
{
    [Fact]
    public async Task CarriesAFrameThatIsLargerThanTheSocketsBuffer()
    {
        using var pair = SocketPair.Create();
        var body = new byte[20_000_000];
        new Random(1).NextBytes(body);

        var sending = Task.Run(() => pair.Node.SendFrame("head"u8, body), TestContext.Current.CancellationToken);
        var received = new byte[4 + body.Length];

        Assert.True(pair.Worker.TryReceiveExactly(received));
        await sending;
        Assert.Equal("head"u8.ToArray(), received[..4]);
        Assert.Equal(body, received[4..]);
    }

    [Fact]
    public void Throws_WhenTheOtherEndIsGone()
    {
        using var pair = SocketPair.Create();
        pair.Worker.Dispose();

        Assert.Throws<SocketException>(() => pair.Node.SendFrame("head"u8, "body"u8));
    }

    [Fact]
    public void TellsAnEndBetweenFramesFromOneInTheMiddle()
    {
        using var pair = SocketPair.Create();
        pair.Worker.SendFrame("head"u8, []);
        pair.Worker.Dispose();

        Assert.Throws<ProtocolException>(() => pair.Node.TryReceiveExactly(new byte[5]));
        Assert.False(pair.Node.TryReceiveExactly(new byte[5]));
    }
}
