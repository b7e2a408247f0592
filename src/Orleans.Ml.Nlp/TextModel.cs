using Orleans.Ml.Models;
using Orleans.Ml.Nlp.Tasks;
using Orleans.Ml.Nlp.Tokenization;

namespace Orleans.Ml.Nlp;

/// <summary>A model that reads text.</summary>
internal sealed class TextModel(string modelId, Tokenizer tokenizer, TextTask task) : NlpModel
{
    /// <inheritdoc/>
    public override int Arguments => tokenizer.Layout.Arguments;

    /// <inheritdoc/>
    public override long PadTokenId => tokenizer.Special.Pad;

    /// <inheritdoc/>
    public override int MaxLength => task.Encoder.Settings.MaxSequenceLength;

    /// <inheritdoc/>
    public override NlpTask Bind(InferenceUpdate? update)
    {
        if (update is null)
            return task;
        return update.TaskName == task.Name ? task.With(update) : throw new MlException(MlErrorKind.Forbidden,
            $"Trained model [{modelId}] is configured for task [{task.Name}], but the request's [inference_config] is for task [{update.TaskName}]");
    }
}
