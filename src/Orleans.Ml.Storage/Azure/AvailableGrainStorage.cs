using System.Runtime.ExceptionServices;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Azure;

/// <summary>Grain storage on Azure whose failures are the API's: clients get a 503 and repeat. It stands before our providers and before Orleans' own alike.</summary>
internal sealed class AvailableGrainStorage(IGrainStorage storage) : IGrainStorage
{
    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        GuardAsync("read", grainId, storage.ReadStateAsync(stateName, grainId, grainState));

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        GuardAsync("write", grainId, storage.WriteStateAsync(stateName, grainId, grainState));

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        GuardAsync("clear", grainId, storage.ClearStateAsync(stateName, grainId, grainState));

    /// <summary>Whether a failed write happened is unknown to the caller in any case; the kind tells clients that trying again makes sense.</summary>
    private static async Task GuardAsync(string action, GrainId grainId, Task operation)
    {
        try
        {
            await operation;
        }
        catch (Exception refused) when (AzureStorageFailure.IsOne(refused))
        {
            throw ExceptionDispatchInfo.SetCurrentStackTrace(AzureStorageFailure.Of(refused, $"{action} the state of [{grainId}]"));
        }
    }
}
