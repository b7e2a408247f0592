using k8s;
using k8s.Models;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Infrastructure.Tests.Kubernetes;

/// <summary>The objects of infra/k8s, read as strictly as the API server does: a field that a type does not have is an error.</summary>
internal static class Manifests
{
    /// <summary>The folders: the base and what is laid over it.</summary>
    public static readonly string[] Folders = ["base", "dev", "azure"];

    /// <summary>All objects of some files.</summary>
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Read(params IEnumerable<string> files) =>
        [.. files.SelectMany(file => KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true)).Cast<IKubernetesObject<V1ObjectMeta>>()];

    /// <summary>The objects that a folder brings by itself.</summary>
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Of(string folder) =>
        Read(Files(folder).Where(file => !file.EndsWith("-patch.yaml", StringComparison.Ordinal)));

    /// <summary>The manifests of a folder.</summary>
    public static IEnumerable<string> Files(string folder) => Directory.GetFiles(Path.Combine(TestModels.Repository, "infra", "k8s", folder), "*.yaml")
        .Where(file => Path.GetFileName(file) != "kustomization.yaml").Order(StringComparer.Ordinal);

    /// <summary>The only object of a type and name.</summary>
    public static T Single<T>(this IEnumerable<IKubernetesObject<V1ObjectMeta>> objects, string name)
        where T : IKubernetesObject<V1ObjectMeta> => objects.OfType<T>().Single(o => o.Metadata.Name == name);

    /// <summary>The templates of pods, by the name of what makes them.</summary>
    public static IEnumerable<(string Name, V1PodTemplateSpec Template)> Pods(this IEnumerable<IKubernetesObject<V1ObjectMeta>> objects)
    {
        foreach (var o in objects)
        {
            if (o is V1StatefulSet set)
                yield return (set.Metadata.Name, set.Spec.Template);
            else if (o is V1Deployment deployment)
                yield return (deployment.Metadata.Name, deployment.Spec.Template);
        }
    }
}
