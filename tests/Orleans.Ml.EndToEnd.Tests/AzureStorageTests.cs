using System.Diagnostics;
using System.Net;
using Orleans.Ml.Testing;
using Orleans.Ml.Testing.Servers;

namespace Orleans.Ml.EndToEnd.Tests;

/// <summary>A node whose membership, state and models are in an Azure Storage account: the emulator, as a process.</summary>
[Collection(nameof(Alone))]
public sealed class AzureStorageTests : IAsyncLifetime
{
    private readonly Azurite _azurite = new();
    private readonly string _secretFile = Path.GetTempFileName();
    private MlServer _server = null!;
    private string _key = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var connectionString = await _azurite.ConnectionStringAsync();
        _key = connectionString.Split(';').Single(part => part.StartsWith("AccountKey=", StringComparison.Ordinal))["AccountKey=".Length..];
        await File.WriteAllTextAsync(_secretFile, connectionString, Cancel);
        _server = await MlServer.StartAsync("--azure-storage-file", _secretFile);
        await _server.Http.DeploySampleAsync("tiny-ner");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _azurite.DisposeAsync();
        File.Delete(_secretFile);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ServesAgainWithin30Seconds_WhenItWasKilled(bool onANewDisk)
    {
        await _server.KillAsync();
        if (onANewDisk)
            Directory.Delete(Path.Combine(_server.Data, "nodes"), recursive: true);
        var clock = Stopwatch.StartNew();

        await _server.RestartAsync();
        await _server.Http.UntilStatsAsync("tiny-ner", "serves", stats => stats["state"]?.GetValue<string>() == "started");
        await _server.Http.InferAsync("tiny-ner", "Anna lives in Berlin");

        Measured.Print($"node on Azure storage, killed with its {(onANewDisk ? "disk" : "process")}, serves again after {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
    }

    [Fact]
    public async Task GetsTheModelsOfANodeOnSqlite_WhenTheyAreMoved()
    {
        await using var old = await MlServer.StartAsync();
        await old.Http.DeploySampleAsync("tiny-language");

        var first = await MoveModelsAsync(old);
        var again = await MoveModelsAsync(old);

        Assert.Contains("1 models copied", first, StringComparison.Ordinal);
        Assert.Contains("tiny-language is there already", again, StringComparison.Ordinal);
        const string Config = "/_ml/trained_models/tiny-language?exclude_generated=true";
        Assert.Equal((await old.Http.GetJsonAsync(Config)).Body.ToJsonString(), (await _server.Http.GetJsonAsync(Config)).Body.ToJsonString());
        await _server.Http.StartAsync("tiny-language");
        const string Text = "Kannst du mir bitte das Salz geben?";
        Assert.Equal(
            (await old.Http.InferAsync("tiny-language", Text)).ToJsonString(),
            (await _server.Http.InferAsync("tiny-language", Text)).ToJsonString());
    }

    [Fact]
    public async Task ServesOnAndRefusesChanges_WhenTheStorageIsGone()
    {
        await _azurite.DisposeAsync();

        await _server.Http.InferAsync("tiny-ner", "Anna lives in Berlin");
        var (status, body) = await _server.Http.PostJsonAsync("/_ml/trained_models/tiny-ner/deployment/_stop");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("The plan could not be written: Azure Storage cannot write the state of [ml-placement/cluster]: it cannot be reached", (string?)body["error"]!["reason"]);
        await _server.Http.InferAsync("tiny-ner", "Anna lives in Berlin");
    }

    [Fact]
    public async Task NeverTellsTheKey_WhateverHappens()
    {
        await _azurite.DisposeAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _server.Http.PostJsonAsync("/_ml/trained_models/tiny-ner/deployment/_stop")).Status);
        await _server.KillAsync();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => _server.RestartAsync());

        Assert.Contains("The Azure Storage account cannot be reached.", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_key, _server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("AccountKey", _server.Output, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<string> MoveModelsAsync(MlServer from)
    {
        var start = new ProcessStartInfo(
            Path.Combine(TestModels.Repository, "samples", "move-models.sh"), [from.Http.BaseAddress!.ToString().TrimEnd('/'), _server.Http.BaseAddress!.ToString().TrimEnd('/'), from.Data])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var script = Process.Start(start)!;
        var said = await Task.WhenAll(script.StandardOutput.ReadToEndAsync(Cancel), script.StandardError.ReadToEndAsync(Cancel)).WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        await script.WaitForExitAsync(Cancel);
        Assert.True(script.ExitCode == 0, string.Join('\n', said));
        return said[0];
    }
}
