using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Configuration.Overrides;
using Orleans.Ml.Storage.Azure;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Registers grain storage on Azure. Named as in Orleans' own package, which reads and writes the same blobs and rows.</summary>
public static class AzureGrainStorageExtensions
{
    /// <summary>Keeps the state of grains that name no other provider in Azure blobs.</summary>
    public static ISiloBuilder AddAzureBlobGrainStorageAsDefault(this ISiloBuilder builder, Action<AzureBlobStorageOptions> configureOptions) =>
        builder.AddAzureBlobGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);

    /// <summary>Keeps the state of grains that name no other provider in Azure blobs.</summary>
    public static ISiloBuilder AddAzureBlobGrainStorageAsDefault(this ISiloBuilder builder, Action<OptionsBuilder<AzureBlobStorageOptions>>? configureOptions = null) =>
        builder.AddAzureBlobGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);

    /// <summary>Keeps the state of grains that name this provider in Azure blobs.</summary>
    public static ISiloBuilder AddAzureBlobGrainStorage(this ISiloBuilder builder, string name, Action<AzureBlobStorageOptions> configureOptions) =>
        builder.AddAzureBlobGrainStorage(name, (OptionsBuilder<AzureBlobStorageOptions> options) => options.Configure(configureOptions));

    /// <summary>Keeps the state of grains that name this provider in Azure blobs.</summary>
    public static ISiloBuilder AddAzureBlobGrainStorage(this ISiloBuilder builder, string name, Action<OptionsBuilder<AzureBlobStorageOptions>>? configureOptions = null)
    {
        AddOptions(builder.Services, name, configureOptions);
        builder.Services.AddTransient<IConfigurationValidator>(services => new AzureBlobOptionsValidator(name, Options<AzureBlobStorageOptions>(services, name)));
        builder.Services.AddGrainStorage(name, static (services, name) =>
            new AzureBlobGrainStorage(name, Options<AzureBlobStorageOptions>(services, name), services.GetRequiredService<IActivatorProvider>()));
        return builder;
    }

    /// <summary>Keeps the state of grains that name no other provider in an Azure table.</summary>
    public static ISiloBuilder AddAzureTableGrainStorageAsDefault(this ISiloBuilder builder, Action<AzureTableStorageOptions> configureOptions) =>
        builder.AddAzureTableGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);

    /// <summary>Keeps the state of grains that name no other provider in an Azure table.</summary>
    public static ISiloBuilder AddAzureTableGrainStorageAsDefault(this ISiloBuilder builder, Action<OptionsBuilder<AzureTableStorageOptions>>? configureOptions = null) =>
        builder.AddAzureTableGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);

    /// <summary>Keeps the state of grains that name this provider in an Azure table.</summary>
    public static ISiloBuilder AddAzureTableGrainStorage(this ISiloBuilder builder, string name, Action<AzureTableStorageOptions> configureOptions) =>
        builder.AddAzureTableGrainStorage(name, (OptionsBuilder<AzureTableStorageOptions> options) => options.Configure(configureOptions));

    /// <summary>Keeps the state of grains that name this provider in an Azure table.</summary>
    public static ISiloBuilder AddAzureTableGrainStorage(this ISiloBuilder builder, string name, Action<OptionsBuilder<AzureTableStorageOptions>>? configureOptions = null)
    {
        AddOptions(builder.Services, name, configureOptions);
        builder.Services.AddTransient<IConfigurationValidator>(services => new AzureTableOptionsValidator(name, Options<AzureTableStorageOptions>(services, name)));
        builder.Services.AddGrainStorage(name, static (services, name) => new AzureTableGrainStorage(
            name, Options<AzureTableStorageOptions>(services, name), services.GetProviderClusterOptions(name).Value, services.GetRequiredService<IActivatorProvider>()));
        return builder;
    }

    private static void AddOptions<TOptions>(IServiceCollection services, string name, Action<OptionsBuilder<TOptions>>? configure)
        where TOptions : class, IStorageProviderSerializerOptions
    {
        configure?.Invoke(services.AddOptions<TOptions>(name));
        // Newtonsoft.Json, unless the application has named another serializer.
        services.AddTransient<IPostConfigureOptions<TOptions>, DefaultStorageProviderSerializerOptionsConfigurator<TOptions>>();
    }

    private static TOptions Options<TOptions>(IServiceProvider services, string name) => services.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name);
}
