using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Messaging;
using Orleans.Ml.Storage.Azure;
using Orleans.Persistence.AzureStorage;

namespace Orleans.Hosting;

/// <summary>Registers membership on an Azure table. Named as in Orleans' own package, which reads and writes the same rows.</summary>
public static class AzureClusteringExtensions
{
    /// <summary>Keeps the silo's cluster membership in an Azure table.</summary>
    public static ISiloBuilder UseAzureStorageClustering(this ISiloBuilder builder, Action<AzureStorageClusteringOptions> configureOptions) =>
        builder.UseAzureStorageClustering((OptionsBuilder<AzureStorageClusteringOptions> options) => options.Configure(configureOptions));

    /// <summary>Keeps the silo's cluster membership in an Azure table.</summary>
    public static ISiloBuilder UseAzureStorageClustering(this ISiloBuilder builder, Action<OptionsBuilder<AzureStorageClusteringOptions>> configureOptions)
    {
        Configure(builder.Services, configureOptions);
        builder.Services.AddSingleton<IMembershipTable, AzureMembershipTable>();
        return builder;
    }

    /// <summary>Finds the client's gateways in an Azure table.</summary>
    public static IClientBuilder UseAzureStorageClustering(this IClientBuilder builder, Action<AzureStorageGatewayOptions> configureOptions) =>
        builder.UseAzureStorageClustering((OptionsBuilder<AzureStorageGatewayOptions> options) => options.Configure(configureOptions));

    /// <summary>Finds the client's gateways in an Azure table.</summary>
    public static IClientBuilder UseAzureStorageClustering(this IClientBuilder builder, Action<OptionsBuilder<AzureStorageGatewayOptions>> configureOptions)
    {
        Configure(builder.Services, configureOptions);
        builder.Services.AddSingleton<IGatewayListProvider, AzureGatewayList>();
        return builder;
    }

    private static void Configure<TOptions>(IServiceCollection services, Action<OptionsBuilder<TOptions>> configure)
        where TOptions : AzureStorageOperationOptions
    {
        configure(services.AddOptions<TOptions>());
        services.AddTransient<IConfigurationValidator>(
            services => new AzureTableOptionsValidator("membership", services.GetRequiredService<IOptions<TOptions>>().Value));
    }
}
