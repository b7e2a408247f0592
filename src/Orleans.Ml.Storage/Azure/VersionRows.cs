using System.Globalization;
using Azure.Data.Tables;

namespace Orleans.Ml.Storage.Azure;

/// <summary>
/// The rows that hold the membership table's version. Every change of a silo's row replaces <c>VersionRow</c> under its ETag in the same transaction.
/// <c>!Start</c> and <c>~End</c> sort around all others and carry the same version: a reader that needs several pages sees by them whether a change came in between.
/// </summary>
internal static class VersionRows
{
    public const string Key = "VersionRow";
    private const string First = "!Start";
    private const string Last = "~End";
    private const string DeploymentId = "DeploymentId";
    private const string MembershipVersion = "MembershipVersion";

    public static bool Contains(string rowKey) => rowKey is Key or First or Last;

    public static TableEntity Main(string clusterId, int version) => Row(clusterId, Key, version);

    public static IEnumerable<TableEntity> Boundaries(string clusterId, int version) => [Row(clusterId, First, version), Row(clusterId, Last, version)];

    /// <exception cref="KeyNotFoundException">There is no version row.</exception>
    public static TableVersion Read(IEnumerable<TableEntity> rows)
    {
        var row = rows.FirstOrDefault(row => row.RowKey == Key) ?? throw new KeyNotFoundException("The membership table has no version row");
        return new(Version(row) ?? throw new KeyNotFoundException("The version row of the membership table has no version"), row.ETag.ToString());
    }

    /// <summary>
    /// Whether rows read page by page belong together. Programs that write no boundaries exist: when there are none, or the main row is ahead of both, nothing can be told.
    /// </summary>
    public static bool AreConsistent(IReadOnlyList<TableEntity> rows)
    {
        var (first, main, last) = (Version(rows, First), Version(rows, Key), Version(rows, Last));
        return first == last || (first is not null && last is not null && main > first && main > last);
    }

    private static TableEntity Row(string clusterId, string key, int version) => new(clusterId, key)
    {
        [DeploymentId] = clusterId,
        [MembershipVersion] = version.ToString(CultureInfo.InvariantCulture),
    };

    private static int? Version(IReadOnlyList<TableEntity> rows, string key) => rows.FirstOrDefault(row => row.RowKey == key) is { } row ? Version(row) : null;

    private static int? Version(TableEntity row) =>
        int.TryParse(row.GetString(MembershipVersion), NumberStyles.Integer, CultureInfo.InvariantCulture, out var version) ? version : null;
}
