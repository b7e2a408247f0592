using k8s.Models;
using Orleans.Ml.Storage.Azure;

namespace Orleans.Ml.Infrastructure.Tests.Kubernetes;

/// <summary>The folders of infra/k8s as kustomize puts them together.</summary>
public sealed class KustomizationTests
{
    public static readonly TheoryData<string> Folders = [.. Manifests.Folders];

    [Theory]
    [MemberData(nameof(Folders))]
    public void NamesEveryFileOfItsFolder_AndNoOther(string folder)
    {
        var kustomization = Yaml.Read("infra", "k8s", folder, "kustomization.yaml");
        var resources = kustomization["resources"]!.AsArray().Select(resource => (string)resource!).Where(resource => !resource.StartsWith("../", StringComparison.Ordinal));
        var patches = kustomization["patches"]?.AsArray().Select(patch => (string)patch!["path"]!) ?? [];

        Assert.Equal(Manifests.Files(folder).Select(file => Path.GetFileName(file)!).Order(), resources.Concat(patches).Order());
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("azure")]
    public void PatchesWhatIsThere(string folder)
    {
        var patches = Manifests.Read(Manifests.Files(folder).Where(file => file.EndsWith("-patch.yaml", StringComparison.Ordinal)));

        Assert.NotEmpty(patches);
        Assert.All(patches, patch => Assert.Contains(Manifests.Of("base"), o => (o.Kind, o.Metadata.Name) == (patch.Kind, patch.Metadata.Name)));
    }

    [Theory]
    [InlineData("dev", "http://azurite:10000/devstoreaccount1")]
    [InlineData("azure", "https://ACCOUNT.blob.core.windows.net/")]
    public void BringsTheSecretThatPodsRead_WithAnAccountThatTheyUnderstand(string folder, string expected)
    {
        var secret = Assert.Single(Yaml.Read("infra", "k8s", folder, "kustomization.yaml")["secretGenerator"]!.AsArray())!;
        var literal = ((string)Assert.Single(secret["literals"]!.AsArray())!).Split('=', 2);

        Assert.All(Manifests.Of("base").Pods(), pod =>
        {
            var volume = pod.Template.Spec.Volumes.Single(v => v.Secret is not null);
            var mount = pod.Template.Spec.Containers.Single().VolumeMounts.Single(m => m.Name == volume.Name);
            Assert.Equal((string?)secret["name"], volume.Secret.SecretName);
            Assert.Equal($"{mount.MountPath}/{literal[0]}", pod.Template.Spec.Containers.Single().Env.Single(v => v.Name == "ORLEANS_ML_AZURE_STORAGE_FILE").Value);
        });
        Assert.True(AzureStorageAccount.TryParse(literal[1], out var account, out var problem), problem);
        Assert.Equal(expected, account.ToString(), ignoreCase: true);
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("azure")]
    public void SaysWhichImages(string folder)
    {
        var images = Yaml.Read("infra", "k8s", folder, "kustomization.yaml")["images"]!.AsArray();

        Assert.Equal(Manifests.Of("base").Pods().Select(pod => pod.Template.Spec.Containers.Single().Image).Order(), images.Select(image => (string)image!["name"]!).Order());
        // The tag latest, which is also that of no tag, would be pulled anew with each start.
        Assert.All(images, image => Assert.NotEqual("latest", (string?)image!["newTag"] ?? "latest"));
    }

    [Fact]
    public void RunsTheEmulatorThatTestsRun_AndNamesItByItsService()
    {
        var dev = Manifests.Of("dev");

        Assert.Equal(EmulatorVersion.Image, dev.Single<V1StatefulSet>("azurite").Spec.Template.Spec.Containers.Single().Image);
        Assert.Equal([10000, 10002], dev.Single<V1Service>("azurite").Spec.Ports.Select(port => port.Port));
    }
}
