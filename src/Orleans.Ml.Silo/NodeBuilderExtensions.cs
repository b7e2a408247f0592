using System.Net;
using Orleans.Configuration;
using Orleans.Ml.Silo.Options;

namespace Orleans.Ml.Silo;

/// <summary>The steps of building a node that need more than a line.</summary>
internal static class NodeBuilderExtensions
{
    /// <summary>Alone: membership in memory, state in SQLite. In a cluster: both in its Redis server.</summary>
    public static ISiloBuilder JoinCluster(this ISiloBuilder silo, NodeSettings settings)
    {
        silo.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = ("orleans-ml", "orleans-ml"));
        silo.Configure<SiloOptions>(options => options.SiloName = settings.NodeName);
        if (settings.Redis is not { } redis)
        {
            return silo
                .UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, serviceId: "orleans-ml", clusterId: "orleans-ml")
                .AddSqliteGrainStorage(settings.DataDirectory);
        }

        return silo
            .ConfigureEndpoints(IPAddress.Loopback, settings.SiloPort, settings.GatewayPort)
            .UseRedisCluster(redis)
            .Configure<ClusterMembershipOptions>(DetectDeathQuickly);
    }

    /// <summary>A killed process is seen dead in 1.4 s, a frozen one in 6.2 s (orleans-10-notes.md, Membership); defaults take 13.5 s and up to a minute.</summary>
    private static void DetectDeathQuickly(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(1);
        membership.MinProbeTimeout = TimeSpan.FromSeconds(0.5);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedProbesLimit = 3;
        // After a crash of all nodes the next start waits until the dead rows are stale.
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }

    /// <summary>How long an orderly stop may take before the process ends anyway.</summary>
    public static void StopWithin(this WebApplicationBuilder builder, TimeSpan timeout) =>
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = timeout);
}
