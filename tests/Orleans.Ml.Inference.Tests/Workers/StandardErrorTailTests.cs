using System.Text;
using Orleans.Ml.Inference.Workers;

namespace Orleans.Ml.Inference.Tests.Workers;

public sealed class StandardErrorTailTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("terminate called after throwing\n  what():  no operator\nframe #0: somewhere\n", "what(): no operator")]
    [InlineData("what():  \nUnknown builtin op: fancy.\nHere it is.\nmore\nframe #0: somewhere\n", "what(): Unknown builtin op: fancy. Here it is.")]
    [InlineData("[W1125 a.cpp:49] Warning: beta\nreal words\n", "real words")]
    [InlineData("Unhandled exception. System.Exception: boom\n   at A.B()\n   at C.D()\n", "Unhandled exception. System.Exception: boom")]
    [InlineData("before\nStack overflow.\n   at A.B()\nRepeat 9 times\n", "Stack overflow. Repeat 9 times")]
    [InlineData("one\ntwo\nthree\nfour\n   at A.B()\n", "two three four")]
    public async Task FindsTheReason(string text, string reason) => Assert.Equal(reason, await FindReasonAsync(text));

    [Fact]
    public async Task KeepsOnlyTheEnd_OfEndlessOutput() =>
        Assert.Equal("what(): the end", await FindReasonAsync(string.Concat(Enumerable.Repeat("what(): noise\n", 50_000)) + "what(): the end\n"));

    private static async Task<string> FindReasonAsync(string text)
    {
        var tail = new StandardErrorTail(new MemoryStream(Encoding.UTF8.GetBytes(text)), "test");
        await tail.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        return tail.FindReason();
    }
}
