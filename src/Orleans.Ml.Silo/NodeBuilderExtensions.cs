using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Console;
using Orleans.Configuration;
using Orleans.Ml.Deployments;
using Orleans.Ml.Silo.Options;

namespace Orleans.Ml.Silo;

/// <summary>The steps of building a node that need more than a line.</summary>
internal static class NodeBuilderExtensions
{
    /// <summary>Largest request body in bytes; Elasticsearch's own limit. The API answers 413 above it.</summary>
    public const long MaxRequestBodyBytes = 100L * 1024 * 1024;

    /// <summary>Listens on the one address. HTTP/1.1 only: without TLS a client would have to know beforehand that the server speaks HTTP/2.</summary>
    public static void ServeHttp(this WebApplicationBuilder builder, NodeSettings settings)
    {
        builder.Services.AddRouting();
        if (!settings.IsFrontend)
        {
            builder.Services.AddSingleton<IServer, NoHttpServer>();
            return;
        }

        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodyBytes;
            kestrel.Listen(settings.Address, settings.Port, listen => listen.UseOrleansMlApi().Protocols = HttpProtocols.Http1);
        });
        // Requests never block their thread, so no other thread needs to be woken to read them or to write their answers.
        builder.Services.Configure<SocketTransportOptions>(transport => transport.UnsafePreferInlineScheduling = true);
    }

    /// <summary>
    /// From the first sign of a stop on, every answer ends its connection: clients go elsewhere or come on a new one, so that hardly any is idle, with a request perhaps on
    /// its way, when the server closes it. A client may not send such a request again by itself (RFC 9110 §9.2.2).
    /// </summary>
    public static void EndConnectionsWhileStopping(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        app.Use((context, next) =>
        {
            if (stopping.IsCancellationRequested)
                context.Response.Headers.Connection = "close";
            return next(context);
        });
    }

    /// <summary>One line per event on stderr; stdout is for what the person at the terminal should read.</summary>
    public static void LogToStandardError(this WebApplicationBuilder builder)
    {
        builder.Logging
            .SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Orleans.Ml", LogLevel.Information)
            // Tells of every attempt to reach a node that is gone; that it is gone is told by membership.
            .AddFilter("Polly", LogLevel.None)
            // Warns that the membership of a single node lives in memory, which is what a single node wants.
            .AddFilter("Orleans.Runtime.MembershipService.SystemTargetBasedMembershipTable", LogLevel.Error)
            // Takes the machine's uptime for the age of its first check and warns of a stall at every start.
            .AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error)
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
                console.ColorBehavior = LoggerColorBehavior.Default;
            });
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>Where definitions and vocabularies are: with the state, or in a folder that the nodes share.</summary>
    public static void StoreModels(this WebApplicationBuilder builder, NodeSettings settings)
    {
        if (settings.AzureStorage is { } account)
            builder.Services.AddAzureBlobModelStore(account, Path.Combine(settings.NodeDirectory, "cache"));
        else
            builder.Services.AddFileModelStore(settings.DataDirectory);
    }

    /// <summary>Alone: membership in memory, state in SQLite. In a cluster: both in its Redis server or its Azure Storage account.</summary>
    public static ISiloBuilder JoinCluster(this ISiloBuilder silo, NodeSettings settings)
    {
        silo.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = ("orleans-ml", "orleans-ml"));
        silo.Configure<SiloOptions>(options => options.SiloName = settings.NodeName);
        if (settings is { Redis: null, AzureStorage: null })
        {
            return silo
                .UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, serviceId: "orleans-ml", clusterId: "orleans-ml")
                .AddSqliteGrainStorage(settings.DataDirectory);
        }

        silo.ConfigureEndpoints(IPAddress.Loopback, settings.SiloPort, settings.GatewayPort).Configure<ClusterMembershipOptions>(DetectDeathQuickly);
        return settings.AzureStorage is { } account ? silo.UseAzureStorage(account) : silo.UseRedisCluster(settings.Redis!);
    }

    /// <summary>
    /// Deployments tell what becomes of them on a stream that lives in the silos' memory; another provider of the same name is another line here. One queue keeps
    /// events in order and polling cheap. Who listens is kept in memory too: a listener that has gone leaves nothing behind.
    /// </summary>
    public static ISiloBuilder TellDeploymentEvents(this ISiloBuilder silo) =>
        silo.AddMemoryStreams(DeploymentEvents.ProviderName, streams => streams.ConfigurePartitioning(1)).AddMemoryGrainStorage("PubSubStore");

    /// <summary>A killed process is seen dead in 1.4 s, a frozen one in 6.2 s (orleans-10-notes.md, Membership); defaults take 13.5 s and up to a minute.</summary>
    private static void DetectDeathQuickly(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(1);
        membership.MinProbeTimeout = TimeSpan.FromSeconds(0.5);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedProbesLimit = 3;
        // After a crash of all nodes the next start waits until the dead rows are stale.
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        // A frozen process that returns is told by nobody that it counts as dead: until it reads the table (a minute by default) it holds on to whoever asks it.
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(2);
    }
}
