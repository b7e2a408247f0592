using Orleans.Ml.Storage.Tests.Conformance;

namespace Orleans.Ml.Storage.Tests.Redis;

public sealed class RedisGrainStorageTests(RedisHost host) : GrainStorageTests(host), IClassFixture<RedisHost>;

public sealed class RedisMembershipTests(Servers.Redis redis) : MembershipTableTests
{
    protected override async Task<MembershipHost> OpenAsync(string clusterId)
    {
        var connectionString = await redis.ConnectionStringAsync();
        return MembershipHost.Of(clusterId, silo => silo.UseRedisCluster(connectionString));
    }
}

public sealed class RedisHost(Servers.Redis redis) : StorageHost
{
    protected override async Task<Action<ISiloBuilder>> StorageAsync()
    {
        var connectionString = await redis.ConnectionStringAsync();
        return silo =>
        {
            // The storage of such a cluster; this one silo keeps its membership to itself.
            var others = silo.Services.Where(service => service.ServiceType == typeof(IMembershipTable)).ToList();
            silo.UseRedisCluster(connectionString);
            foreach (var membership in silo.Services.Where(service => service.ServiceType == typeof(IMembershipTable)).Except(others).ToList())
                silo.Services.Remove(membership);
        };
    }
}
