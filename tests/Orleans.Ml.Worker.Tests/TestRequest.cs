using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Worker.Tests;

/// <summary>One row of tokens as BERT's tokenizer supplies it, and what became of it.</summary>
internal sealed class TestRequest : WorkerRequest
{
    private readonly TaskCompletionSource<Answer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TestRequest(params IReadOnlyList<long> tokenIds)
        : this(Bert([tokenIds]))
    {
    }

    public TestRequest(ModelInput input) => Input = input;

    public override ModelInput Input { get; }

    /// <summary>Ends when the request is completed; completing it twice fails the test.</summary>
    public Task<Answer> Answered => _answer.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public override void OnOutput(in ModelOutput output, TimeSpan inferenceTime) => _answer.SetResult(
        new(output.Values.ToArray(), (output.Batches, output.Rows, output.Columns), inferenceTime, null, ""));

    public override void OnError(WorkerError error, string reason) => _answer.SetResult(new([], default, default, error, reason));

    public static ModelInput Bert(params IReadOnlyList<IReadOnlyList<long>> rows)
    {
        var length = rows.Max(row => row.Count);
        var input = new ModelInput(rows.Count, length, arguments: 4);
        for (var row = 0; row < rows.Count; row++)
        {
            for (var token = 0; token < length; token++)
            {
                var at = (row * length) + token;
                input.Argument(0)[at] = token < rows[row].Count ? rows[row][token] : 0;
                input.Argument(1)[at] = token < rows[row].Count ? 1 : 0;
                input.Argument(3)[at] = token;
            }
        }
        return input;
    }

    internal sealed record Answer(
        float[] Values, (int Batches, int Rows, int Columns) Shape, TimeSpan InferenceTime, WorkerError? Error, string Reason);
}
