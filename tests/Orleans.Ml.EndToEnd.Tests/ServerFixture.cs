using Orleans.Ml.EndToEnd.Tests;
using Orleans.Ml.Testing;

[assembly: AssemblyFixture(typeof(ServerFixture))]

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>One silo with the three sample models started, for all tests that harm nobody. Room for many small deployments.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    public MlServer Server { get; private set; } = null!;

    public HttpClient Http => Server.Http;

    public async ValueTask InitializeAsync()
    {
        Server = await MlServer.StartAsync("--processors", "64");
        foreach (var sample in new[] { "tiny-ner", "tiny-language", "tiny-embedding" })
            await Http.DeploySampleAsync(sample);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
