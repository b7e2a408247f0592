using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orleans.Ml.Api.Errors;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>What Elasticsearch's HTTP API needs of the server's connections.</summary>
public static class OrleansMlApiListenOptionsExtensions
{
    /// <summary>Lets requests that the server itself refuses be answered with Elasticsearch's envelope, once <c>MapOrleansMlApi</c> was called.</summary>
    public static ListenOptions UseOrleansMlApi(this ListenOptions listen)
    {
        listen.Use(next => connection => RefusalTransport.RunAsync(connection, next));
        return listen;
    }
}
