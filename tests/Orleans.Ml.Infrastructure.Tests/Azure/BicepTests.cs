using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using k8s.Models;
using Orleans.Ml.Infrastructure.Tests.Kubernetes;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Infrastructure.Tests.Azure;

/// <summary>infra/azure/main.bicep, built by its own compiler, which knows the types of all resources.</summary>
public sealed class BicepTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Lazy<Task<JsonNode>> Template = new(BuildAsync);

    [Fact]
    public async Task KeepsModelsAndStateInAnAccountWithoutKeys()
    {
        var account = (await OfTypeAsync("Microsoft.Storage/storageAccounts")).Single()["properties"]!;

        Assert.Equal((false, false, true), ((bool)account["allowSharedKeyAccess"]!, (bool)account["allowBlobPublicAccess"]!, (bool)account["supportsHttpsTrafficOnly"]!));
        Assert.DoesNotContain("listKeys", (await Template.Value).ToJsonString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task LetsTheIdentityOfThePodsUseBlobsAndTables()
    {
        var roles = (await Template.Value)["variables"]!["roles"]!;
        var assigned = (await OfTypeAsync("Microsoft.Authorization/roleAssignments")).Single(assignment => assignment["copy"] is not null).ToJsonString(MlApi.Readable);

        // Storage Blob Data Contributor and Storage Table Data Contributor.
        Assert.Equal("ba92f5b4-2d11-453d-a403-e96b0029c9fe", (string?)roles["blobs"]);
        Assert.Equal("0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", (string?)roles["tables"]);
        Assert.Contains("variables('roles').blobs, variables('roles').tables", assigned, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrustsTheServiceAccountOfTheManifests()
    {
        var trusted = (await Template.Value)["parameters"]!["serviceAccount"]!["defaultValue"]!;
        var account = Manifests.Of("base").OfType<V1ServiceAccount>().Single();

        Assert.Equal(account.Metadata.Name, (string?)trusted["name"]);
        Assert.Equal((string?)Yaml.Read("infra", "k8s", "azure", "kustomization.yaml")["namespace"], (string?)trusted["namespace"]);
        Assert.All(Manifests.Of("base").Pods(), pod => Assert.Equal(account.Metadata.Name, pod.Template.Spec.ServiceAccountName));
    }

    private static async Task<IEnumerable<JsonNode>> OfTypeAsync(string type)
    {
        var resources = (await Template.Value)["resources"]!;
        return (resources is JsonObject named ? named.Select(resource => resource.Value!) : resources.AsArray().Select(resource => resource!)).Where(resource => (string?)resource["type"] == type);
    }

    private static async Task<JsonNode> BuildAsync()
    {
        var bicep = typeof(BicepTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Bicep").Value!;
        using var build = Process.Start(new ProcessStartInfo(bicep, ["build", "--stdout", Path.Combine(TestModels.Repository, "infra", "azure", "main.bicep")])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await Task.WhenAll(build.StandardOutput.ReadToEndAsync(), build.StandardError.ReadToEndAsync()).WaitAsync(Patience);
        await build.WaitForExitAsync().WaitAsync(Patience);
        // Warnings are failures here, too.
        Assert.Equal("", said[1]);
        return JsonNode.Parse(said[0])!;
    }
}
