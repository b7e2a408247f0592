using System.Diagnostics;
using Orleans.Ml.Testing;
using StackExchange.Redis;

namespace Orleans.Ml.EndToEnd.Tests.Cluster;

/// <summary>The Redis server of one test's cluster.</summary>
internal sealed class RedisProcess : IClusterStore
{
    private const int Dead = 6;
    private const string Members = "orleans-ml/members/orleans-ml";
    private readonly Process _process;
    private readonly ConnectionMultiplexer _connection;
    private readonly string _data;

    private RedisProcess(Process process, ConnectionMultiplexer connection, string address, string data) =>
        (_process, _connection, Address, _data) = (process, connection, address, data);

    /// <summary>What a node is told with <c>--redis</c>.</summary>
    public string Address { get; }

    public IReadOnlyList<string> Options => ["--redis", Address];

    public static async Task<RedisProcess> StartAsync()
    {
        var data = Directory.CreateTempSubdirectory("orleans-ml-redis-").FullName;
        var port = MlServer.FreePort();
        var process = Process.Start(new ProcessStartInfo("redis-server",
            ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", data, "--save", "", "--appendonly", "no", "--loglevel", "warning"])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var options = ConfigurationOptions.Parse($"127.0.0.1:{port}");
        options.ConnectRetry = 100;
        options.ReconnectRetryPolicy = new LinearRetry(50);
        return new(process, await ConnectionMultiplexer.ConnectAsync(options), $"127.0.0.1:{port}", data);
    }

    public async Task<IReadOnlyDictionary<string, bool>> LivesAsync(string node)
    {
        var lives = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var row in await _connection.GetDatabase().HashGetAllAsync(Members))
        {
            if (row.Name == "Version" || System.Text.Json.Nodes.JsonNode.Parse(row.Value.ToString())! is not { } silo || silo["SiloName"]?.GetValue<string>() != node)
                continue;
            lives[row.Name.ToString()] = silo["Status"]!.GetValue<int>() == Dead;
        }

        return lives;
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}
