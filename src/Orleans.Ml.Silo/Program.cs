using Orleans.Ml.Silo;
using Orleans.Ml.Silo.Cluster;
using Orleans.Ml.Silo.Options;
using Orleans.Ml.Silo.Samples;
using Orleans.Ml.Silo.Start;

return await NodeCommand.InvokeAsync(args, (settings, terminal) => settings.ClusterSize > 1 ? RunClusterAsync(settings, terminal) : RunNodeAsync(settings, terminal));

static async Task RunClusterAsync(NodeSettings settings, TextWriter terminal)
{
    using var stop = new StopSignals();
    using var cluster = new LocalCluster(settings, terminal, TimeProvider.System);
    await cluster.RunAsync(stop.Token);
}

static async Task RunNodeAsync(NodeSettings settings, TextWriter terminal)
{
    using var data = DataDirectory.Claim(settings.NodeDirectory, settings.NodeName);
    var address = await ClusterAddress.FindAsync(settings.ClusterHost);
    Ports.ThrowIfTaken(settings, address);

    var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "Orleans.Ml" });
    builder.LogToStandardError();
    builder.ServeHttp(settings);

    builder.StoreModels(settings);
    builder.UseOrleans(silo => silo
        .JoinCluster(settings, address)
        .TellDeploymentEvents()
        .AddOrleansMl(
            node => (node.AllocatedProcessors, node.MemoryBytes, node.Zone, node.Roles) = (settings.Processors, settings.MemoryBytes, settings.Zone, settings.Roles),
            models => models.Directory = Path.Combine(settings.DataDirectory, "nodes", settings.NodeName, "models"),
            nlp => (nlp.ZeroTokenTypes, nlp.JapaneseDictionary, nlp.JapaneseSearchMode) =
                (settings.ZeroTokenTypes, settings.JapaneseDictionary, settings.JapaneseSearchMode)));
    builder.Services.AddOrleansMlClient();
    builder.Services.AddOrleansMlApi(api => api.NodeName = settings.NodeName);
    builder.Services.AddSampleModels(settings, terminal);

    await using var app = builder.Build();
    app.EndConnectionsWhileStopping();
    app.MapOrleansMlHealth();
    app.MapOrleansMlApi();
    await app.RunAsync();
}
