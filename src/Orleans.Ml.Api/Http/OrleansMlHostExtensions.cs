using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Orleans.Ml.Api.Wire;

namespace Microsoft.AspNetCore.Builder;

/// <summary>What every process that serves the API has in common, node or frontend.</summary>
public static class OrleansMlHostExtensions
{
    /// <summary>Listens on the one address. HTTP/1.1 only: without TLS a client would have to know beforehand that the server speaks HTTP/2.</summary>
    public static void ServeOrleansMlApi(this WebApplicationBuilder builder, IPAddress address, int port)
    {
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBody.MaxBytes;
            kestrel.Listen(address, port, listen => listen.UseOrleansMlApi().Protocols = HttpProtocols.Http1);
        });
        // Requests never block their thread, so no other thread needs to be woken to read them or to write their answers.
        builder.Services.Configure<SocketTransportOptions>(transport => transport.UnsafePreferInlineScheduling = true);
        builder.Services.AddRouting();
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
}
