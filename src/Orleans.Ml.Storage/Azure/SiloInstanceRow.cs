using System.Globalization;
using System.Net;
using Azure.Data.Tables;

namespace Orleans.Ml.Storage.Azure;

/// <summary>
/// One silo as a row of the membership table, in the layout of Microsoft.Orleans.Clustering.AzureStorage: partition <c>{ClusterId}</c>, row
/// <c>{ip}-{port}-{generation}</c>, every column a text.
/// </summary>
internal static class SiloInstanceRow
{
    public const string Status = "Status";
    public const string ProxyPort = "ProxyPort";
    private const string DeploymentId = "DeploymentId";
    private const string Address = "Address";
    private const string Port = "Port";
    private const string Generation = "Generation";
    private const string HostName = "HostName";
    private const string RoleName = "RoleName";
    private const string SiloName = "SiloName";
    private const string InstanceName = "InstanceName"; // What SiloName was called once; both are written.
    private const string UpdateZone = "UpdateZone";
    private const string FaultZone = "FaultZone";
    private const string SuspectingSilos = "SuspectingSilos";
    private const string SuspectingTimes = "SuspectingTimes";
    private const string StartTime = "StartTime";
    private const string IAmAliveTime = "IAmAliveTime";

    public static string Key(SiloAddress silo) =>
        string.Create(CultureInfo.InvariantCulture, $"{silo.Endpoint.Address}-{silo.Endpoint.Port}-{silo.Generation}");

    /// <summary>The whole row.</summary>
    public static TableEntity From(MembershipEntry entry, string clusterId)
    {
        var suspicions = entry.SuspectTimes ?? [];
        return new(clusterId, Key(entry.SiloAddress))
        {
            [DeploymentId] = clusterId,
            [Address] = entry.SiloAddress.Endpoint.Address.ToString(),
            [Port] = Text(entry.SiloAddress.Endpoint.Port),
            [Generation] = Text(entry.SiloAddress.Generation),
            [HostName] = entry.HostName,
            [Status] = entry.Status.ToString(),
            [ProxyPort] = Text(entry.ProxyPort),
            [RoleName] = entry.RoleName,
            [SiloName] = entry.SiloName,
            [InstanceName] = entry.SiloName,
            [UpdateZone] = Text(entry.UpdateZone),
            [FaultZone] = Text(entry.FaultZone),
            [SuspectingSilos] = string.Join('|', suspicions.Select(s => s.Item1.ToParsableString())),
            [SuspectingTimes] = string.Join('|', suspicions.Select(s => LogFormatter.PrintDate(s.Item2))),
            [StartTime] = LogFormatter.PrintDate(entry.StartTime),
            [IAmAliveTime] = LogFormatter.PrintDate(entry.IAmAliveTime),
        };
    }

    /// <summary>Only what a silo says of itself all the time.</summary>
    public static TableEntity Alive(MembershipEntry entry, string clusterId) => new(clusterId, Key(entry.SiloAddress))
    {
        [DeploymentId] = clusterId,
        [IAmAliveTime] = LogFormatter.PrintDate(entry.IAmAliveTime),
    };

    /// <exception cref="FormatException">No silo is in it.</exception>
    public static MembershipEntry Read(TableEntity row) => new()
    {
        SiloAddress = SiloOf(row, Number(row, Port)),
        HostName = row.GetString(HostName),
        Status = Enum.TryParse<SiloStatus>(row.GetString(Status), out var status) ? status : throw Unreadable(row, Status),
        ProxyPort = Number(row, ProxyPort),
        RoleName = row.GetString(RoleName),
        SiloName = row.GetString(SiloName) is { Length: > 0 } name ? name : row.GetString(InstanceName),
        UpdateZone = Number(row, UpdateZone),
        FaultZone = Number(row, FaultZone),
        StartTime = Date(row.GetString(StartTime)),
        IAmAliveTime = Date(row.GetString(IAmAliveTime)),
        SuspectTimes = Suspicions(row),
    };

    /// <summary>Where clients reach the silo.</summary>
    public static Uri Gateway(TableEntity row) => SiloOf(row, Number(row, ProxyPort)).ToGatewayUri();

    private static SiloAddress SiloOf(TableEntity row, int port) => IPAddress.TryParse(row.GetString(Address), out var address)
        ? SiloAddress.New(address, port, Number(row, Generation))
        : throw Unreadable(row, Address);

    private static List<Tuple<SiloAddress, DateTime>> Suspicions(TableEntity row)
    {
        var silos = Split(row.GetString(SuspectingSilos));
        var times = Split(row.GetString(SuspectingTimes));
        return silos.Length == times.Length
            ? [.. silos.Zip(times, (silo, time) => Tuple.Create(SiloAddress.FromParsableString(silo), Date(time)))]
            : throw Unreadable(row, SuspectingTimes);
    }

    private static string[] Split(string? list) => string.IsNullOrEmpty(list) ? [] : list.Split('|');

    private static DateTime Date(string? text) => string.IsNullOrEmpty(text) ? default : LogFormatter.ParseDate(text);

    private static int Number(TableEntity row, string column) => row.GetString(column) is not { Length: > 0 } text ? 0
        : int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number
        : throw Unreadable(row, column);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static FormatException Unreadable(TableEntity row, string column) => new($"The membership row [{row.RowKey}] has no readable [{column}]");
}
