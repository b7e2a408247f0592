using Orleans.Configuration;
using Orleans.Ml.Web.Options;

return await WebCommand.InvokeAsync(args, RunAsync);

static async Task RunAsync(WebSettings settings)
{
    var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "Orleans.Ml.Web" });
    builder.LogToStandardError();
    builder.ServeOrleansMlApi(settings.Address, settings.Port);

    builder.StoreModels(settings);
    builder.UseOrleansClient(client => client
        .Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = ("orleans-ml", "orleans-ml"))
        .JoinCluster(settings)
        .WaitForTheCluster());
    builder.Services.AddOrleansMlClient();
    builder.Services.AddOrleansMlApi();

    await using var app = builder.Build();
    app.EndConnectionsWhileStopping();
    app.MapOrleansMlHealth();
    app.MapOrleansMlApi();
    await app.RunAsync();
}
