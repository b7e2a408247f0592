using Orleans.Ml.Models;

namespace Orleans.Ml.Grains.Models;

/// <summary>The aliases as persisted.</summary>
[GenerateSerializer, Alias("ml.ModelAliasState")]
public sealed class ModelAliasState
{
    /// <summary>All of them.</summary>
    [Id(0)]
    public ModelAliases Aliases { get; set; } = ModelAliases.Empty;
}
