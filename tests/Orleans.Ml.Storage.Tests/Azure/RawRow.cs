using System.Globalization;
using Azure.Data.Tables;

namespace Orleans.Ml.Storage.Tests.Azure;

/// <summary>A table row as text: keys, then every column but the service's own, sorted, each with its type.</summary>
internal static class RawRow
{
    private static readonly string[] OfTheService = ["PartitionKey", "RowKey", "Timestamp", "odata.etag"];

    public static string Of(TableEntity row)
    {
        var columns = row.Where(column => !OfTheService.Contains(column.Key)).OrderBy(column => column.Key, StringComparer.Ordinal)
            .Select(column => $"{column.Key} {column.Value?.GetType().Name} {Text(column.Value)}");
        return string.Join('\n', [$"{row.PartitionKey} | {row.RowKey}", .. columns]);
    }

    public static async Task<string[]> AllAsync(TableClient table, string? filter = null)
    {
        var rows = new List<string>();
        await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: TestContext.Current.CancellationToken))
            rows.Add(Of(row));
        return [.. rows];
    }

    private static string Text(object? value) => value switch
    {
        byte[] bytes when bytes.Length > 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes.Length} bytes, {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))}"),
        byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes),
        string { Length: > 500 } text => string.Create(CultureInfo.InvariantCulture, $"{text.Length} characters"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
