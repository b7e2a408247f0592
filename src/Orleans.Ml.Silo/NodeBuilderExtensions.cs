using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Orleans.Configuration;
using Orleans.Ml.Deployments;
using Orleans.Ml.Silo.Options;

namespace Orleans.Ml.Silo;

/// <summary>The steps of building a node that need more than a line.</summary>
internal static class NodeBuilderExtensions
{
    /// <summary>Answers HTTP when that is one of its roles.</summary>
    public static void ServeHttp(this WebApplicationBuilder builder, NodeSettings settings)
    {
        if (settings.IsFrontend)
        {
            builder.ServeOrleansMlApi(settings.Address, settings.Port);
            return;
        }

        builder.Services.AddRouting();
        builder.Services.AddSingleton<IServer, NoHttpServer>();
    }

    /// <summary>Where definitions and vocabularies are: with the state, or in a folder that the nodes share.</summary>
    public static void StoreModels(this WebApplicationBuilder builder, NodeSettings settings)
    {
        if (settings.AzureStorage is { } account)
            builder.Services.AddAzureBlobModelStore(account, Path.Combine(settings.NodeDirectory, "cache"), settings.ModelCacheBytes);
        else
            builder.Services.AddFileModelStore(settings.DataDirectory);
    }

    /// <summary>Alone: membership in memory, state in SQLite. In a cluster: both in its Redis server or its Azure Storage account.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">What it is to be.</param>
    /// <param name="address">Where the others reach it.</param>
    public static ISiloBuilder JoinCluster(this ISiloBuilder silo, NodeSettings settings, IPAddress address)
    {
        silo.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = ("orleans-ml", "orleans-ml"));
        silo.Configure<SiloOptions>(options => options.SiloName = settings.NodeName);
        if (settings is { Redis: null, AzureStorage: null })
        {
            return silo
                .UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, serviceId: "orleans-ml", clusterId: "orleans-ml")
                .AddSqliteGrainStorage(settings.DataDirectory);
        }

        silo.ConfigureEndpoints(address, settings.SiloPort, settings.GatewayPort).Configure<ClusterMembershipOptions>(DetectDeathQuickly);
        return settings.AzureStorage is { } account ? silo.UseAzureStorage(account) : silo.UseRedisCluster(settings.Redis!);
    }

    /// <summary>
    /// Deployments tell what becomes of them on a stream that lives in the silos' memory; another provider of the same name is another line here. One queue keeps
    /// events in order and polling cheap. Who listens is kept in memory too: a listener that has gone leaves nothing behind.
    /// </summary>
    public static ISiloBuilder TellDeploymentEvents(this ISiloBuilder silo) =>
        silo.AddMemoryStreams(DeploymentEvents.ProviderName, streams => streams.ConfigurePartitioning(1)).AddMemoryGrainStorage("PubSubStore");

    /// <summary>A killed process is seen dead in less than 2 s, a frozen one in 6 to 7 s (docs/benchmarks.md); defaults take 13.5 s and up to a minute.</summary>
    private static void DetectDeathQuickly(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(0.6);
        membership.MinProbeTimeout = TimeSpan.FromSeconds(0.5);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedProbesLimit = 3;
        // After a crash of all nodes the next start waits until the dead rows are stale.
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        // A frozen process that returns is told by nobody that it counts as dead: until it reads the table (a minute by default) it holds on to whoever asks it.
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(2);
    }
}
