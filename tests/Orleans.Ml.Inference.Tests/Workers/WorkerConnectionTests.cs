using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Ml.Inference.Protocol;
using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference.Tests.Workers;

public sealed class WorkerConnectionTests
{
    [Fact]
    public async Task GivesEachRequestItsOwnAnswer_WhenTheyComeInAnotherOrder()
    {
        using var worker = new WorkerEnd();
        await using var connection = worker.Connect();
        var (first, second) = (new Request(1), new Request(2));
        Assert.True(connection.TrySend(first));
        Assert.True(connection.TrySend(second));
        var (one, two) = (worker.Receive(), worker.Receive());

        worker.Reply(two.Id, 22f);
        worker.Reply(one.Id, 11f);

        Assert.Equal((one.Value, two.Value), (1, 2));
        Assert.Equal("22", await second.Answered);
        Assert.Equal("11", await first.Answered);
    }

    [Fact]
    public async Task HandsOnLargeAndSmallAnswers_ThatArriveInPieces()
    {
        using var worker = new WorkerEnd();
        await using var connection = worker.Connect();
        float[][] answers = [[1f], Floats(300_000), [2f], Floats(20_000), [3f]];
        var requests = answers.Select((_, at) => new Request(at)).ToList();
        Assert.All(requests, request => Assert.True(connection.TrySend(request)));
        var ids = answers.Select(_ => worker.Receive().Id).ToList();

        var replying = Task.Run(
            () => ids.Zip(answers).ToList().ForEach(each => worker.Reply(each.First, each.Second)), TestContext.Current.CancellationToken);

        foreach (var (request, answer) in requests.Zip(answers))
            Assert.Equal(string.Join(',', answer), await request.Answered);
        await replying;
    }

    [Fact]
    public async Task FailsWhatIsPending_AndTakesNoMore_WhenClosed()
    {
        using var worker = new WorkerEnd();
        await using var connection = worker.Connect();
        var request = new Request(1);
        Assert.True(connection.TrySend(request));

        var suspects = connection.Close(WorkerError.Died, "gone");

        Assert.Equal("Died: gone", await request.Answered);
        Assert.Same(request.Input, Assert.Single(suspects));
        Assert.False(connection.TrySend(new Request(2)));
    }

    [Fact]
    public async Task SuspectsNobody_WhoWasAnswered()
    {
        using var worker = new WorkerEnd();
        await using var connection = worker.Connect();
        var request = new Request(1);
        Assert.True(connection.TrySend(request));
        worker.Reply(worker.Receive().Id, 1f);
        await request.Answered;

        Assert.Empty(connection.Close(WorkerError.Died, "gone"));
    }

    [Fact]
    public async Task Ends_WhenTheWorkerClosesIt()
    {
        using var worker = new WorkerEnd();
        await using var connection = worker.Connect();

        worker.Dispose();

        Assert.Equal("the process closed the connection", await EndOfAsync(connection));
    }

    [Fact]
    public async Task Ends_WhenAReplyIsForNobody()
    {
        using var worker = new WorkerEnd();
        await using var connection = worker.Connect();

        worker.Reply(99, 1f);

        Assert.Equal("a reply to request 99, which is not pending", await EndOfAsync(connection));
    }

    [Fact]
    public async Task GoesOn_WhenTheOwnerOfARequestThrows()
    {
        using var worker = new WorkerEnd();
        await using var connection = worker.Connect();
        Assert.True(connection.TrySend(new Request(1, throws: true)));
        var next = new Request(2);
        Assert.True(connection.TrySend(next));

        worker.Reply(worker.Receive().Id, 1f);
        worker.Reply(worker.Receive().Id, 2f);

        Assert.Equal("2", await next.Answered);
    }

    private static Task<string> EndOfAsync(WorkerConnection connection) =>
        connection.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

    private static float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(each => (float)each)];

    private sealed class WorkerEnd : IDisposable
    {
        private readonly SocketPair _requests = SocketPair.Create();
        private readonly SocketPair _replies = SocketPair.Create();

        public WorkerConnection Connect() => new(_requests.Node, _replies.Node, "test", new WorkerOptions(), TimeProvider.System, NullLogger.Instance);

        public (long Id, long Value) Receive()
        {
            Span<byte> header = stackalloc byte[RequestHeader.Size];
            Assert.True(_requests.Worker.TryReceiveExactly(header));
            var value = new long[1];
            Assert.True(_requests.Worker.TryReceiveExactly(MemoryMarshal.AsBytes(value.AsSpan())));
            return (RequestHeader.Read(header).Id, value[0]);
        }

        public void Reply(long id, params float[] values)
        {
            Span<byte> header = stackalloc byte[ReplyHeader.Size];
            new ReplyHeader(ReplyKind.Output, id, 1, 1, 1, values.Length, values.Length * sizeof(float)).Write(header);
            _replies.Worker.SendFrame(header, MemoryMarshal.AsBytes(values.AsSpan()));
        }

        public void Dispose()
        {
            _requests.Worker.Dispose();
            _replies.Worker.Dispose();
        }
    }

    private sealed class Request : WorkerRequest
    {
        private readonly TaskCompletionSource<string> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly bool _throws;

        public Request(long value, bool throws = false)
        {
            Input.Values[0] = value;
            _throws = throws;
        }

        public override ModelInput Input { get; } = new(1, 1, 1);

        public Task<string> Answered => _answer.Task.WaitAsync(TimeSpan.FromSeconds(10));

        public override void OnOutput(in ModelOutput output, TimeSpan inferenceTime)
        {
            if (_throws)
                throw new InvalidOperationException("an owner that throws");
            _answer.SetResult(string.Join(',', output.Values.ToArray()));
        }

        public override void OnError(WorkerError error, string reason) => _answer.SetResult($"{error}: {reason}");
    }
}
