using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;
using Orleans.Storage;

namespace Orleans.Ml.Grains.Tests;

/// <summary>Grain state that outlives its silos, as a server's does, and can be told to refuse a write, or to lose the answer to one that it did.</summary>
internal sealed class SharedStorage
{
    private readonly ConcurrentDictionary<(string State, GrainId Grain), (string ETag, byte[] Bytes)> _records = new();
    private readonly ConcurrentDictionary<string, bool> _faults = new();
    private int _writes;

    public void AddTo(ISiloBuilder silo) =>
        silo.Services.AddGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, (services, _) => new Storage(this, services.GetRequiredService<Serializer>()));

    /// <summary>The next write of a state throws: before it was done, or after.</summary>
    public void FailNext(string stateName, bool isWritten) => _faults[stateName] = isWritten;

    /// <summary>Whether the fault has happened.</summary>
    public bool HasFailed(string stateName) => !_faults.ContainsKey(stateName);

    /// <summary>Writes behind everybody's back, as another coordinator would.</summary>
    public void Touch(string stateName, GrainId grain) => _records.AddOrUpdate((stateName, grain), _ => throw new InvalidOperationException(), (_, r) => (NextETag(), r.Bytes));

    private string NextETag() => Interlocked.Increment(ref _writes).ToString(CultureInfo.InvariantCulture);

    private sealed class Storage(SharedStorage shared, Serializer serializer) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            var exists = shared._records.TryGetValue((stateName, grainId), out var record);
            grainState.State = exists ? serializer.Deserialize<T>(record.Bytes) : Activator.CreateInstance<T>();
            grainState.ETag = exists ? record.ETag : null;
            grainState.RecordExists = exists;
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => ChangeAsync(stateName, grainState, () =>
        {
            var record = (ETag: shared.NextETag(), Bytes: serializer.SerializeToArray(grainState.State));
            shared._records[(stateName, grainId)] = record;
            (grainState.ETag, grainState.RecordExists) = (record.ETag, true);
        }, grainId);

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => ChangeAsync(stateName, grainState, () =>
        {
            shared._records.TryRemove((stateName, grainId), out _);
            (grainState.ETag, grainState.RecordExists) = (null, false);
        }, grainId);

        private Task ChangeAsync<T>(string stateName, IGrainState<T> grainState, Action change, GrainId grainId)
        {
            lock (shared._records)
            {
                var known = shared._records.TryGetValue((stateName, grainId), out var record) ? record.ETag : null;
                if (known != grainState.ETag)
                    throw new InconsistentStateException("somebody else has written", known, grainState.ETag);
                var fails = shared._faults.TryRemove(stateName, out var isWritten);
                if (fails && !isWritten)
                    throw new IOException("refused");
                var before = grainState.ETag;
                change();
                if (fails)
                {
                    // The answer is lost: the caller does not know the new ETag.
                    grainState.ETag = before;
                    throw new IOException("no answer");
                }
            }

            return Task.CompletedTask;
        }
    }
}
