using System.Runtime.ExceptionServices;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Sqlite;

/// <summary>
/// Orleans' ADO.NET storage with every grain key taken literally. Left alone it reads a text that looks like a hexadecimal number or a GUID as one,
/// so that <c>1</c>, <c>01</c> and <c>1+</c>, or <c>abc</c> and <c>ABC</c>, would share a row; and it leaves the grain's type out.
/// </summary>
internal sealed class SqliteGrainStorage(IGrainStorage rows) : IGrainStorage
{
    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        GuardAsync("read", grainId, rows.ReadStateAsync(RowName(stateName, grainId), Literal(grainId), grainState));

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        GuardAsync("written", grainId, rows.WriteStateAsync(RowName(stateName, grainId), Literal(grainId), grainState));

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        GuardAsync("cleared", grainId, rows.ClearStateAsync(RowName(stateName, grainId), Literal(grainId), grainState));

    private static string RowName(string stateName, GrainId grainId) => $"{grainId.Type}/{stateName}";

    // '=' is no digit of any number or GUID.
    private static GrainId Literal(GrainId grainId) => GrainId.Create(grainId.Type, IdSpan.Create($"={grainId.Key}"));

    /// <summary>Whether a failed write happened is unknown to the caller in any case; the kind tells clients that trying again makes sense.</summary>
    private static async Task GuardAsync(string action, GrainId grainId, Task operation)
    {
        try
        {
            await operation;
        }
        catch (SqliteException refused)
        {
            throw ExceptionDispatchInfo.SetCurrentStackTrace(
                new MlException(MlErrorKind.Unavailable, $"The state of [{grainId}] cannot be {action}: {refused.Message}"));
        }
    }
}
