using System.ComponentModel.DataAnnotations;

namespace Orleans.Ml.Grains.Models;

/// <summary>Where a node keeps the archives its workers load.</summary>
public sealed class LocalModelOptions
{
    /// <summary>A folder of this node alone; what an earlier life left there is deleted at start. Default: <c>models</c> below the current folder.</summary>
    [Required]
    public string Directory { get; set; } = "models";
}
