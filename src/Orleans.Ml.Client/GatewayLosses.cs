using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Orleans.Ml.Client;

/// <summary>
/// The connections to gateways that this process, an Orleans client, has lost. Nobody can answer the calls that were sent over such a connection, but Orleans lets
/// them wait for their timeout; here they end with it, with <see cref="SiloUnavailableException"/>. A silo uses no gateway and loses none.
/// </summary>
internal sealed class GatewayLosses
{
    /// <summary>
    /// A silo does this when membership tells of a death. A client has the same method and marks each call with the gateway it went through, but never calls it, and
    /// it is not public (docs/adr/0015).
    /// </summary>
    private static readonly MethodInfo EndCallsThrough = FindEndCallsThrough();

    private int _count;

    /// <summary>How many so far: a call that failed while this grew may have been lost on its way, with its node alive.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Watches the connections that a client makes.</summary>
    public void Watch(IConnectionBuilder connections)
    {
        var client = connections.ApplicationServices.GetRequiredService(EndCallsThrough.DeclaringType!);
        var endCallsThrough = EndCallsThrough.CreateDelegate<Action<SiloAddress>>(client);
        connections.Use(next => async connection =>
        {
            try
            {
                await next(connection);
            }
            finally
            {
                OnLost();
                if (connection.RemoteEndPoint is IPEndPoint gateway)
                    endCallsThrough(SiloAddress.New(gateway, 0));
            }
        });
    }

    /// <summary>Counts one.</summary>
    public void OnLost() => Interlocked.Increment(ref _count);

    private static MethodInfo FindEndCallsThrough()
    {
        const string Type = "Orleans.Runtime.IRuntimeClient", Method = "BreakOutstandingMessagesToSilo";
        return typeof(ClientConnectionOptions).Assembly.GetType(Type)?.GetMethod(Method, [typeof(SiloAddress)])
            ?? throw new MissingMethodException(Type, Method);
    }
}
