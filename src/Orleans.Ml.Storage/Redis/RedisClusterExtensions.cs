using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Persistence;
using Orleans.Serialization;
using Orleans.Storage;
using StackExchange.Redis;

namespace Orleans.Hosting;

/// <summary>Registers what the silos of a cluster share when that is a Redis server.</summary>
public static class RedisClusterExtensions
{
    /// <summary>Keeps membership and the state of all grains that name no other provider in one Redis server, by Orleans' own providers.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="connectionString">As StackExchange.Redis reads it, such as <c>127.0.0.1:6379</c>.</param>
    public static ISiloBuilder UseRedisCluster(this ISiloBuilder silo, string connectionString)
    {
        // Without this a silo that starts together with its server gives up at the first refused connection.
        var connection = ConfigurationOptions.Parse(connectionString);
        connection.AbortOnConnectFail = false;
        silo.UseRedisClustering(options => options.ConfigurationOptions = connection);
        silo.AddRedisGrainStorageAsDefault((OptionsBuilder<RedisStorageOptions> options) => options.Configure<Serializer>((storage, serializer) =>
        {
            storage.ConfigurationOptions = connection;
            storage.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        }));
        return silo;
    }
}
