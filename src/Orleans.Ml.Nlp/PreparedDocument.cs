namespace Orleans.Ml.Nlp;

/// <summary>One document ready for the model, with what is needed to read the model's answer. Tasks that need more derive from it.</summary>
public class PreparedDocument(string text, ModelInput input)
{
    /// <summary>The document's text as received.</summary>
    public string Text { get; } = text;

    /// <summary>What the model gets.</summary>
    public ModelInput Input { get; } = input;
}
