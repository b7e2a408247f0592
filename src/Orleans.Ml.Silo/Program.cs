using Orleans.Ml.Silo;
using Orleans.Ml.Silo.Cluster;
using Orleans.Ml.Silo.Options;
using Orleans.Ml.Silo.Samples;
using Orleans.Ml.Silo.Start;

return await NodeCommand.InvokeAsync(args, (settings, terminal) => settings.ClusterSize > 1 ? RunClusterAsync(settings, terminal) : RunNodeAsync(settings, terminal));

static async Task RunClusterAsync(NodeSettings settings, TextWriter terminal)
{
    using var stop = new StopSignals();
    await new LocalCluster(settings, terminal).RunAsync(stop.Token);
}

static async Task RunNodeAsync(NodeSettings settings, TextWriter terminal)
{
    using var data = DataDirectory.Claim(settings.NodeDirectory, settings.NodeName);
    Ports.ThrowIfTaken(settings);

    var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "Orleans.Ml" });
    builder.LogToStandardError();
    builder.ServeOrleansMlApi(settings.Address, settings.Port);
    builder.StopWithin(TimeSpan.FromSeconds(15));

    builder.Services.AddFileModelStore(settings.DataDirectory);
    builder.UseOrleans(silo => silo
        .JoinCluster(settings)
        .AddOrleansMl(
            node => (node.AllocatedProcessors, node.MemoryBytes, node.Zone) = (settings.Processors, settings.MemoryBytes, settings.Zone),
            models => models.Directory = Path.Combine(settings.DataDirectory, "nodes", settings.NodeName, "models")));
    builder.Services.AddOrleansMlClient();
    builder.Services.AddOrleansMlApi(api => api.NodeName = settings.NodeName);
    builder.Services.AddSampleModels(settings, terminal);

    await using var app = builder.Build();
    app.MapOrleansMlHealth();
    app.MapOrleansMlApi();
    await app.RunAsync();
}
