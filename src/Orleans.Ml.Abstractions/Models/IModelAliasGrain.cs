using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Orleans.Ml.Models;

/// <summary>Owns all model aliases of the cluster: other names under which models can be used. Calls no grain; one activation, key <see cref="Key"/>.</summary>
[Alias("ml.IModelAliasGrain")]
public interface IModelAliasGrain : IGrainWithStringKey
{
    /// <summary>The only key.</summary>
    const string Key = "cluster";

    /// <summary>All aliases: at once when their version is not <paramref name="known"/>, otherwise when they change or <paramref name="wait"/> is over.</summary>
    [Alias("Poll"), AlwaysInterleave]
    Task<ModelAliases> PollAsync(long known, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Makes an alias name a model. The same call twice is as good as once.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="modelId">What it names from now on.</param>
    /// <param name="current">What the caller has seen it name; null for nothing.</param>
    /// <exception cref="MlException"><see cref="MlErrorKind.BadRequest"/> when it names something else by now.</exception>
    [Alias("Put")]
    Task<ModelAliases> PutAsync(string alias, string modelId, string? current);

    /// <summary>Takes an alias away if it names the model; otherwise nothing happens.</summary>
    [Alias("Remove")]
    Task<ModelAliases> RemoveAsync(string alias, string modelId);

    /// <summary>Takes away all aliases of a model.</summary>
    [Alias("RemoveModel")]
    Task<ModelAliases> RemoveModelAsync(string modelId);
}

/// <summary>All aliases at one moment.</summary>
/// <param name="Version">Grows with every change, also over restarts; 0 before the first.</param>
/// <param name="ByAlias">From alias to model id.</param>
[GenerateSerializer, Immutable, Alias("ml.ModelAliases")]
public sealed record ModelAliases(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableSortedDictionary<string, string> ByAlias)
{
    /// <summary>No alias.</summary>
    public static ModelAliases Empty { get; } = new(0, ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));
}
