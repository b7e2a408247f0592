using Orleans.Ml.Inference;

namespace Orleans.Ml.Nlp.Tests.Tasks;

/// <summary>Plays the model: hands a task numbers as if they were its output.</summary>
internal static class Answer
{
    /// <summary>Runs both halves of a task around an output of shape [batches, rows, columns].</summary>
    public static T To<T>(NlpTask task, string text, (int Batches, int Rows, int Columns) shape, params float[] values)
        where T : InferenceResult => Assert.IsType<T>(task.Interpret(task.Prepare(text), new ModelOutput(values, shape.Batches, shape.Rows, shape.Columns)));

    /// <summary>What the task says of an output that does not fit.</summary>
    public static MlException Refused(NlpTask task, string text, (int Batches, int Rows, int Columns) shape, params float[] values) =>
        Assert.Throws<MlException>(() => To<InferenceResult>(task, text, shape, values));
}
