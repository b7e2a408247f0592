using Orleans.Ml.Models;

namespace Orleans.Ml.Nlp.Tasks;

/// <summary>What is said of a text for each label, and where the model's output says whether it follows from the text.</summary>
internal sealed class Hypothesis(ZeroShotClassificationConfig config)
{
    /// <summary>Entailment, neutral, contradiction.</summary>
    public const int Classes = 3;

    private const string Placeholder = "{}";

    /// <summary>Column of the model's output.</summary>
    public int Entailment { get; } = ColumnOf(config, ZeroShotClassificationConfig.Entailment);

    /// <summary>Column of the model's output.</summary>
    public int Contradiction { get; } = ColumnOf(config, ZeroShotClassificationConfig.Contradiction);

    /// <summary>The sentence for a label; the same for all when the template has no place for it.</summary>
    public string Of(string label)
    {
        var template = config.HypothesisTemplate;
        var at = template.IndexOf(Placeholder, StringComparison.Ordinal);
        return at < 0 ? template : string.Concat(template.AsSpan(0, at), label, template.AsSpan(at + Placeholder.Length));
    }

    private static int ColumnOf(ZeroShotClassificationConfig config, string name)
    {
        var labels = config.ClassificationLabels;
        for (var column = 0; column < labels.Length && labels.Length == Classes; column++)
        {
            if (labels[column].Equals(name, StringComparison.OrdinalIgnoreCase))
                return column;
        }

        throw new MlException(MlErrorKind.StateValidation,
            $"[classification_labels] must be entailment, neutral and contradiction in any order, they are [{string.Join(", ", labels)}]");
    }
}
