namespace Orleans.Ml.Models;

/// <summary>The model's own numbers, untouched.</summary>
/// <param name="Tokenization">How text becomes tokens.</param>
/// <param name="ResultsField">Name of the main result member.</param>
[GenerateSerializer, Immutable, Alias("ml.PassThroughConfig")]
public sealed record PassThroughConfig(Tokenization Tokenization, string? ResultsField) : InferenceConfig(Tokenization, ResultsField)
{
    /// <summary>The task's name in the API.</summary>
    public const string Name = "pass_through";

    /// <inheritdoc/>
    public override string TaskName => Name;
}

/// <summary>What a request may change of <see cref="PassThroughConfig"/>.</summary>
/// <param name="Tokenization">Null to keep the model's.</param>
/// <param name="ResultsField">Null to keep the model's.</param>
[GenerateSerializer, Immutable, Alias("ml.PassThroughUpdate")]
public sealed record PassThroughUpdate(TokenizationUpdate? Tokenization, string? ResultsField) : InferenceUpdate(Tokenization, ResultsField)
{
    /// <inheritdoc/>
    public override string TaskName => PassThroughConfig.Name;
}
