using Orleans.Ml.Web;
using Orleans.Ml.Web.Options;

namespace Orleans.Hosting;

/// <summary>How the frontend meets its cluster.</summary>
internal static class ClusterConnectionExtensions
{
    /// <summary>Finds the nodes where they tell of themselves.</summary>
    public static IClientBuilder JoinCluster(this IClientBuilder client, WebSettings settings) =>
        settings.AzureStorage is { } account ? client.UseAzureStorage(account) : client.UseRedisCluster(settings.Redis!);

    /// <summary>A frontend that starts before its nodes waits for them, however long that takes; it is not ready meanwhile.</summary>
    public static IClientBuilder WaitForTheCluster(this IClientBuilder client) => client.UseConnectionRetryFilter<WaitForCluster>();

    /// <summary>Where definitions and vocabularies are: in the cluster's account, or in a folder that frontends and nodes share.</summary>
    public static void StoreModels(this WebApplicationBuilder builder, WebSettings settings)
    {
        if (settings.AzureStorage is { } account)
            builder.Services.AddAzureBlobModelStore(account);
        else
            builder.Services.AddFileModelStore(settings.DataDirectory);
    }
}
