using Orleans.Configuration;
using Orleans.Ml.Silo;
using Orleans.Ml.Silo.Options;
using Orleans.Ml.Silo.Samples;
using Orleans.Ml.Silo.Start;

return await NodeCommand.InvokeAsync(args, async (settings, terminal) =>
{
    using var data = DataDirectory.Claim(settings.DataDirectory, settings.NodeName);
    Ports.ThrowIfTaken(settings);

    var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "Orleans.Ml" });
    builder.LogToStandardError();
    builder.ServeHttp(settings);
    builder.StopWithin(TimeSpan.FromSeconds(15));

    builder.Services.AddFileModelStore(data.Path);
    builder.UseOrleans(silo => silo
        .UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, serviceId: "orleans-ml", clusterId: "orleans-ml")
        .Configure<SiloOptions>(options => options.SiloName = settings.NodeName)
        .AddSqliteGrainStorage(data.Path)
        .AddOrleansMl(
            node => (node.AllocatedProcessors, node.MemoryBytes) = (settings.Processors, settings.MemoryBytes),
            models => models.Directory = Path.Combine(data.Path, "nodes", settings.NodeName, "models")));
    builder.Services.AddOrleansMlClient();
    builder.Services.AddOrleansMlApi(api => api.NodeName = settings.NodeName);
    builder.Services.AddSampleModels(settings, terminal);

    await using var app = builder.Build();
    app.MapOrleansMlApi();
    await app.RunAsync();
});
