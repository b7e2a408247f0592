using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Orleans.Configuration;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Azure;

/// <summary>
/// Grain state as one table row each, in the layout of Microsoft.Orleans.Persistence.AzureStorage: partition <c>{ServiceId}_{grainId}</c>, row
/// <c>{stateName}</c>, the state in <see cref="GrainStateColumns"/>. The service's ETag fences every change. A row without data is a cleared record.
/// </summary>
internal sealed class AzureTableGrainStorage(string name, AzureTableStorageOptions options, ClusterOptions cluster, IActivatorProvider activators)
    : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly TableClient _table = options.TableServiceClient!.GetTableClient(options.TableName);

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        $"{nameof(AzureTableGrainStorage)}-{name}", options.InitStage, cancellationToken => _table.CreateIfNotExistsAsync(cancellationToken));

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var row = await FindAsync(RowOf(stateName, grainId));
        var data = row is null ? BinaryData.Empty : GrainStateColumns.Read(row);
        var isEmpty = data.ToMemory().IsEmpty;
        var state = isEmpty ? default : options.GrainStorageSerializer.Deserialize<T>(data);
        grainState.RecordExists = !isEmpty && state is not null;
        grainState.State = grainState.RecordExists ? state! : activators.GetActivator<T>().Create();
        grainState.ETag = row?.ETag.ToString();
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var row = RowOf(stateName, grainId);
        GrainStateColumns.Write(row, options.GrainStorageSerializer.Serialize(grainState.State), options.UseStringFormat);
        grainState.ETag = await StoreAsync(row, grainState.ETag);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var row = RowOf(stateName, grainId);
        string? eTag = null;
        if (!options.DeleteStateOnClear)
            eTag = await StoreAsync(row, grainState.ETag);
        else if (!string.IsNullOrEmpty(grainState.ETag))
            await FencedAsync(row, grainState.ETag, () => _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, new(grainState.ETag)));
        grainState.State = activators.GetActivator<T>().Create();
        grainState.RecordExists = false;
        grainState.ETag = eTag;
    }

    private TableEntity RowOf(string stateName, GrainId grainId) => new(TableKey.From($"{cluster.ServiceId}_{grainId}"), TableKey.From(stateName));

    private async Task<TableEntity?> FindAsync(TableEntity row)
    {
        try
        {
            var found = await _table.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey);
            return found.HasValue ? found.Value : null;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null; // The table itself.
        }
    }

    private async Task<string> StoreAsync(TableEntity row, string? eTag)
    {
        Task<Response> Store() => string.IsNullOrEmpty(eTag) ? _table.AddEntityAsync(row) : _table.UpdateEntityAsync(row, new(eTag), TableUpdateMode.Replace);
        Response stored;
        try
        {
            stored = await FencedAsync(row, eTag, Store);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == TableErrorCode.TableNotFound)
        {
            await _table.CreateIfNotExistsAsync();
            stored = await FencedAsync(row, eTag, Store);
        }

        return stored.Headers.ETag.GetValueOrDefault().ToString();
    }

    private async Task<Response> FencedAsync(TableEntity row, string? eTag, Func<Task<Response>> change)
    {
        try
        {
            var answer = await change();
            // A delete of what is not there throws nothing.
            return answer.Status == 404 ? throw new RequestFailedException(answer) : answer;
        }
        catch (RequestFailedException refused) when (refused.Status is 409 or 412 or 404 && refused.ErrorCode != TableErrorCode.TableNotFound)
        {
            throw new InconsistentStateException(
                $"The row [{row.PartitionKey}], [{row.RowKey}] of table [{_table.Name}] is not what its writer knew: {refused.ErrorCode}", "Unknown", eTag, refused);
        }
    }
}
