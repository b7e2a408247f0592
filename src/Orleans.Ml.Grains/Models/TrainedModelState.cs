using Orleans.Ml.Models;

namespace Orleans.Ml.Grains.Models;

/// <summary>A stored model as persisted.</summary>
[GenerateSerializer, Alias("ml.TrainedModelState")]
public sealed class TrainedModelState
{
    /// <summary>The model; null when there is none.</summary>
    [Id(0)]
    public TrainedModel? Model { get; set; }

    /// <summary>Whether it is being deleted: its files may be gone already.</summary>
    [Id(1)]
    public bool IsDeleting { get; set; }
}
