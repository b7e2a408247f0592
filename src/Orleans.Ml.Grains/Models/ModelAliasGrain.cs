using System.Collections.Immutable;
using Orleans.Ml.Models;

namespace Orleans.Ml.Grains.Models;

/// <summary>Owns all model aliases. Calls no grain.</summary>
[GrainType("ml-model-aliases")]
internal sealed class ModelAliasGrain(
    [PersistentState("model-aliases")] IPersistentState<ModelAliasState> store, TimeProvider time) : Grain, IModelAliasGrain
{
    // What is durable. The state may be ahead of it while it is being written, and polls run in between.
    private ModelAliases _aliases = ModelAliases.Empty;
    private TaskCompletionSource _changed = NewSignal();

    public async Task<ModelAliases> PollAsync(long known, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_aliases.Version == known && wait > TimeSpan.Zero)
        {
            await _changed.Task.WaitAsync(wait, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return _aliases;
    }

    public async Task<ModelAliases> PutAsync(string alias, string modelId, string? current)
    {
        var now = _aliases.ByAlias.GetValueOrDefault(alias);
        if (now == modelId)
            return _aliases;
        if (now != current)
            throw new MlException(MlErrorKind.BadRequest, $"[model_alias] [{alias}] was changed at the same time: it refers to [{now ?? "no model"}] now");
        return await WriteAsync(_aliases.ByAlias.SetItem(alias, modelId));
    }

    public async Task<ModelAliases> RemoveAsync(string alias, string modelId) =>
        _aliases.ByAlias.GetValueOrDefault(alias) == modelId ? await WriteAsync(_aliases.ByAlias.Remove(alias)) : _aliases;

    public async Task<ModelAliases> RemoveModelAsync(string modelId)
    {
        var left = _aliases.ByAlias.RemoveRange(_aliases.ByAlias.Where(a => a.Value == modelId).Select(a => a.Key));
        return left.Count < _aliases.ByAlias.Count ? await WriteAsync(left) : _aliases;
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // A dictionary comes back from storage without its comparer.
        _aliases = store.State.Aliases with { ByAlias = store.State.Aliases.ByAlias.WithComparers(StringComparer.Ordinal) };
        return Task.CompletedTask;
    }

    private async Task<ModelAliases> WriteAsync(ImmutableSortedDictionary<string, string> aliases)
    {
        var next = new ModelAliases(_aliases.Version + 1, aliases);
        store.State.Aliases = next;
        try
        {
            await store.WriteStateAsync(CancellationToken.None);
        }
        catch
        {
            // The outcome is unknown: this activation ends, the next one reads what is true.
            DeactivateOnIdle();
            throw;
        }

        _aliases = next;
        Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
        return next;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
