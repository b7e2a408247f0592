using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Orleans.Ml.Storage.Tests.Conformance;

/// <summary>A silo that is configured and never started, for its membership table.</summary>
public sealed class MembershipHost : IDisposable
{
    private readonly IHost _host;

    private MembershipHost(IHost host) => _host = host;

    public IMembershipTable Table => _host.Services.GetRequiredService<IMembershipTable>();

    public static MembershipHost Of(string clusterId, Action<ISiloBuilder> addMembership)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (clusterId, "storage-tests"));
            addMembership(silo);
        });
        return new(builder.Build());
    }

    public void Dispose() => _host.Dispose();
}
