using System.CommandLine;
using System.Net;
using Orleans.Ml.Placement;
using Orleans.Ml.Silo.Options;
using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Tests.Options;

public sealed class NodeCommandTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private NodeSettings? _settings;
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task FillsInDefaults_WhenNothingIsSaid()
    {
        Assert.Equal(0, await InvokeAsync());

        Assert.Equal((IPAddress.Loopback, 9200, 9300, 9400), (_settings!.Address, _settings.Port, _settings.SiloPort, _settings.GatewayPort));
        Assert.Equal(("node-1", Path.GetFullPath("data")), (_settings.NodeName, _settings.DataDirectory));
        Assert.Equal("127.0.0.1", _settings.ClusterHost);
        Assert.Equal(Environment.ProcessorCount, _settings.Processors);
        Assert.InRange(_settings.MemoryBytes, UsableMemory.Read() / 100 * 79, UsableMemory.Read() / 100 * 81);
        Assert.True(File.Exists(Path.Combine(_settings.SamplesDirectory!, "tiny-ner", "model.json")), _settings.SamplesDirectory);
    }

    [Fact]
    public async Task TakesWhatIsSaid()
    {
        Assert.Equal(0, await InvokeAsync(
            "--port", "19200", "--data", "/tmp/x y", "--processors", "3", "--memory", "4gb", "--name", "Node_2.a-b", "--samples", "/s", "--silo-port", "7", "--host", "::1"));

        Assert.Equal(new NodeSettings(IPAddress.IPv6Loopback, 19200, 7, 19400, "/tmp/x y", 3, 4L << 30, "Node_2.a-b", "/s"), _settings);
        Assert.Equal("http://[::1]:19200/", _settings!.BaseAddress.ToString());
    }

    [Fact]
    public async Task TakesHowJapaneseIsRead()
    {
        Assert.Equal(0, await InvokeAsync("--japanese-dictionary", "/d/./ipadic", "--japanese-search-mode"));

        Assert.Equal(("/d/ipadic", true), (_settings!.JapaneseDictionary, _settings.JapaneseSearchMode));
    }

    [Theory]
    [InlineData("compute", NodeRoles.Compute)]
    [InlineData("frontend", NodeRoles.Frontend)]
    [InlineData("frontend,compute", NodeRoles.Compute | NodeRoles.Frontend)]
    public async Task HasTheRolesThatAreSaid(string said, NodeRoles expected)
    {
        Assert.Equal(0, await InvokeAsync("--roles", said));

        Assert.Equal(expected, _settings!.Roles);
    }

    [Fact]
    public async Task HasNoSamples_WhenTheyAreNotWanted()
    {
        await InvokeAsync("--no-samples", "--samples", "/s");

        Assert.Null(_settings!.SamplesDirectory);
    }

    [Theory]
    [InlineData("--port must be a whole number from 1 to 65535, was [0].", "--port", "0")]
    [InlineData("--port must be a whole number from 1 to 65535, was [http].", "--port", "http")]
    [InlineData("--port 65500 leaves no room for the ports 65600 and 65700", "--port", "65500")]
    [InlineData("must differ, were 9200, 9200 and 9400", "--silo-port", "9200")]
    [InlineData("--processors must be a whole number from 1 to 65536, was [-1].", "--processors", "-1")]
    [InlineData("--memory must be a byte size such as 512mb or 4gb, was [80%].", "--memory", "80%")]
    [InlineData("--memory must be a byte size such as 512mb or 4gb, was [0].", "--memory", "0")]
    [InlineData("--name may hold 1 to 64 letters, digits, '.', '_' and '-', was [a/b].", "--name", "a/b")]
    [InlineData("--host must be an IP address or localhost, was [example.org].", "--host", "example.org")]
    [InlineData("--host 0.0.0.0 can be reached from other machines", "--host", "0.0.0.0")]
    [InlineData("--host 192.168.1.5 can be reached from other machines", "--host", "192.168.1.5")]
    [InlineData("--cluster-host must be one address that others can connect to, or a name of one, was [0.0.0.0].", "--cluster-host", "0.0.0.0")]
    [InlineData("--cluster-host must be one address that others can connect to, or a name of one, was [a b].", "--cluster-host", "a b")]
    [InlineData("--cluster-host 10.1.2.3 can be reached from other machines", "--cluster-host", "10.1.2.3", "--redis", "127.0.0.1:1")]
    [InlineData("--cluster-host node-1.local can be reached from other machines", "--cluster-host", "node-1.local", "--redis", "127.0.0.1:1")]
    [InlineData("--cluster-host is for the nodes of a cluster: give --redis or --azure-storage, too.", "--cluster-host", "127.0.0.2")]
    [InlineData("--roles may name compute and frontend, separated by a comma, was [compute,storage].", "--roles", "compute,storage")]
    [InlineData("--model-cache must be a byte size such as 512mb or 20gb, was [much].", "--model-cache", "much")]
    [InlineData("--model-cache must be a byte size such as 512mb or 20gb, was [-1].", "--model-cache=-1")]
    [InlineData("--gateway-port leaves no room for a cluster of 3 nodes, which would use port 65537.", "--cluster", "3", "--gateway-port", "65535")]
    [InlineData("Two processes of the cluster would use port 9201", "--cluster", "3", "--silo-port", "9201")]
    [InlineData("Two processes of the cluster would use port 9500", "--cluster", "3", "--silo-port", "9498")]
    [InlineData("--frobnicate", "--frobnicate")]
    [InlineData("--port", "--port")]
    public async Task SaysWhatIsWrongAndExitsWithTwo_WhenAnOptionIsWrong(string said, params string[] arguments)
    {
        Assert.Equal(2, await InvokeAsync(arguments));

        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _error.ToString(), StringComparison.Ordinal);
        Assert.Null(_settings);
    }

    [Theory]
    [InlineData("--azure-storage must be a connection string, or an address", "--azure-storage", "http://secret.blob.core.windows.net")]
    [InlineData("--azure-storage is no connection string", "--azure-storage", "AccountName=secret;AccountKey=secret")]
    [InlineData("--azure-storage-file cannot be read", "--azure-storage-file", "/no/such/file")]
    [InlineData("Give either --azure-storage or --azure-storage-file.", "--azure-storage", "secret", "--azure-storage-file", "f")]
    [InlineData("give either --azure-storage or --redis", "--azure-storage", "UseDevelopmentStorage=true", "--redis", "127.0.0.1:1")]
    [InlineData("give either --cluster or --azure-storage", "--azure-storage", "UseDevelopmentStorage=true", "--cluster", "2")]
    public async Task SaysWhatIsWrongAndRepeatsNoSecret_WhenTheAzureStorageAccountCannotBeUsed(string said, params string[] arguments)
    {
        Assert.Equal(2, await InvokeAsync(arguments));

        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakesTheAzureStorageAccount_FromTheCommandLineAFileOrTheEnvironment()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "account");
        await File.WriteAllTextAsync(file, "https://file.blob.core.windows.net\n", TestContext.Current.CancellationToken);

        _environment["ORLEANS_ML_AZURE_STORAGE_FILE"] = file;
        await InvokeAsync();
        Assert.Equal("https://file.blob.core.windows.net/", _settings!.AzureStorage!.ToString());
        _environment["ORLEANS_ML_AZURE_STORAGE"] = "https://environment.blob.core.windows.net";
        await InvokeAsync();
        Assert.Equal("https://environment.blob.core.windows.net/", _settings!.AzureStorage!.ToString());
        await InvokeAsync("--azure-storage-file", file);
        Assert.Equal("https://file.blob.core.windows.net/", _settings!.AzureStorage!.ToString());
        await InvokeAsync("--azure-storage", "https://option.blob.core.windows.net");
        Assert.Equal("https://option.blob.core.windows.net/", _settings!.AzureStorage!.ToString());
        Assert.Equal(Path.Combine(_settings.DataDirectory, "nodes", "node-1"), _settings.NodeDirectory);
    }

    [Fact]
    public async Task TakesTheSizeOfTheModelCache_FromTheCommandLineOrTheEnvironment()
    {
        await InvokeAsync();
        Assert.Equal(10L << 30, _settings!.ModelCacheBytes);
        _environment["ORLEANS_ML_MODEL_CACHE"] = "20gb";
        await InvokeAsync();
        Assert.Equal(20L << 30, _settings!.ModelCacheBytes);
        await InvokeAsync("--model-cache", "0");
        Assert.Equal(0, _settings!.ModelCacheBytes);
    }

    [Fact]
    public async Task ShowsNoKey_WhenSettingsAreShown()
    {
        await InvokeAsync("--azure-storage", "DefaultEndpointsProtocol=https;AccountName=models;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net");

        Assert.Contains("https://models.blob.core.windows.net/", _settings!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", _settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListensEverywhereWithAWarning_WhenTheInsecureBindIsAllowed()
    {
        Assert.Equal(0, await InvokeAsync("--host", "0.0.0.0", "--allow-insecure-bind"));

        Assert.Equal(IPAddress.Any, _settings!.Address);
        Assert.Contains("Warning: 0.0.0.0 can be reached from other machines", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("http://127.0.0.1:9200/", _settings.BaseAddress.ToString());
    }

    [Fact]
    public async Task LetsOtherMachinesJoinWithAWarning_WhenTheInsecureBindIsAllowed()
    {
        Assert.Equal(0, await InvokeAsync("--redis", "127.0.0.1:1", "--cluster-host", "node-1.local", "--allow-insecure-bind"));

        Assert.Equal("node-1.local", _settings!.ClusterHost);
        Assert.Contains("Warning: the ports for nodes at node-1.local can be reached from other machines.", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakesFromTheEnvironmentWhatTheCommandLineDoesNotSay()
    {
        _environment["ORLEANS_ML_NAME"] = "silo-0";
        _environment["ORLEANS_ML_PORT"] = "19200";
        _environment["ORLEANS_ML_HOST"] = "0.0.0.0";
        _environment["ORLEANS_ML_CLUSTER_HOST"] = "10.1.2.3";
        _environment["ORLEANS_ML_ALLOW_INSECURE_BIND"] = "true";
        _environment["ORLEANS_ML_NO_SAMPLES"] = "true";
        _environment["ORLEANS_ML_REDIS"] = "127.0.0.1:1";
        _environment["ORLEANS_ML_ZONE"] = "";

        Assert.Equal(0, await InvokeAsync("--port", "29200"));

        Assert.Equal(("silo-0", 29200, IPAddress.Any, "10.1.2.3"), (_settings!.NodeName, _settings.Port, _settings.Address, _settings.ClusterHost));
        Assert.Equal((null, "127.0.0.1:1", ""), (_settings.SamplesDirectory, _settings.Redis, _settings.Zone));
    }

    [Fact]
    public async Task StartsNoClusterOfItsOwn_WhenTheEnvironmentOfOneSaysSo()
    {
        _environment["ORLEANS_ML_CLUSTER"] = "3";

        Assert.Equal(0, await InvokeAsync());

        Assert.Equal(1, _settings!.ClusterSize);
    }

    [Fact]
    public async Task ChecksTheEnvironmentAsItDoesTheCommandLine()
    {
        _environment["ORLEANS_ML_PORT"] = "http";

        Assert.Equal(2, await InvokeAsync());

        Assert.Contains("--port must be a whole number from 1 to 65535, was [http].", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysTheReasonAndExitsWithOne_WhenTheNodeCannotStart()
    {
        var failure = new InvalidOperationException("wrapped by the host", new MlException(MlErrorKind.Unavailable, "the database is newer"));

        Assert.Equal(1, await InvokeAsync(_ => throw failure));
        Assert.Equal(1, await InvokeAsync(_ => throw new StartFailure("port 1 is in use")));

        Assert.Equal(["the database is newer", "port 1 is in use"], _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task ListsEveryOption_WhenAskedForHelp()
    {
        Assert.Equal(0, await InvokeAsync("--help"));

        var help = _output.ToString();
        Assert.All(
            ["--port", "--data", "--processors", "--memory", "--name", "--no-samples", "--samples", "--host", "--allow-insecure-bind", "--silo-port", "--gateway-port",
                "--cluster-host", "--azure-storage", "--azure-storage-file", "--model-cache"],
            option => Assert.Contains(option, help, StringComparison.Ordinal));
        Assert.Null(_settings);
    }

    private Task<int> InvokeAsync(params string[] arguments) => InvokeAsync(_ => Task.CompletedTask, arguments);

    private Task<int> InvokeAsync(Func<NodeSettings, Task> runAsync, params string[] arguments) =>
        NodeCommand.InvokeAsync(arguments, (settings, _) => runAsync(_settings = settings), new InvocationConfiguration { Output = _output, Error = _error },
            variable => _environment.GetValueOrDefault(variable));
}
