using System.Globalization;
using System.Text.RegularExpressions;

namespace Orleans.Ml.Testing.Servers;

/// <summary>The Azure Storage emulator, in memory, one for all tests; started when the first one asks for it.</summary>
public sealed partial class Azurite : IAsyncDisposable
{
    // The emulator's account, the same everywhere and no secret.
    internal const string Account = "devstoreaccount1";
    internal const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly Lazy<Task<(LocalServer Server, string ConnectionString)>> _server = new(StartAsync);

    public async Task<string> ConnectionStringAsync() => (await _server.Value).ConnectionString;

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
            await (await _server.Value).Server.DisposeAsync();
    }

    private static async Task<(LocalServer Server, string ConnectionString)> StartAsync()
    {
        string[] program = [StartScript(), "--inMemoryPersistence", "--blobPort", "0", "--queuePort", "0", "--tablePort", "0"];
        var (server, lines) = await LocalServer.StartAsync(program, readyLines: 3, "is successfully listening at");
        return (server, $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint={Endpoint("Blob")};TableEndpoint={Endpoint("Table")}");

        string Endpoint(string service) => string.Create(CultureInfo.InvariantCulture,
            $"{Address().Match(lines.Single(line => line.Contains($"{service} service", StringComparison.Ordinal)))}/{Account}");
    }

    internal static string StartScript()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var script = Path.Combine(folder, "azurite", "start");
            if (File.Exists(script))
                return script;
        }

        throw new InvalidOperationException("azurite/start is not above the tests' folder");
    }

    [GeneratedRegex(@"http://\S+")]
    private static partial Regex Address();
}
