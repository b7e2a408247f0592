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
        var connection = Parse(connectionString);
        silo.UseRedisClustering(options => options.ConfigurationOptions = connection);
        silo.AddRedisGrainStorageAsDefault((OptionsBuilder<RedisStorageOptions> options) => options.Configure<Serializer>((storage, serializer) =>
        {
            storage.ConfigurationOptions = connection;
            storage.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        }));
        return silo;
    }

    /// <summary>Finds the cluster's gateways in the Redis server that its silos share.</summary>
    /// <param name="client">The client.</param>
    /// <param name="connectionString">As StackExchange.Redis reads it, such as <c>127.0.0.1:6379</c>.</param>
    public static IClientBuilder UseRedisCluster(this IClientBuilder client, string connectionString) =>
        client.UseRedisClustering(options => options.ConfigurationOptions = Parse(connectionString));

    private static ConfigurationOptions Parse(string connectionString)
    {
        var connection = ConfigurationOptions.Parse(connectionString);
        // Otherwise a process that starts together with its server gives up at the first refused connection.
        connection.AbortOnConnectFail = false;
        return connection;
    }
}
