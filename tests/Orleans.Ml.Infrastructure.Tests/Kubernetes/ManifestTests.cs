using k8s;
using k8s.Models;

namespace Orleans.Ml.Infrastructure.Tests.Kubernetes;

/// <summary>That the objects of infra/k8s fit each other and the programs.</summary>
public sealed class ManifestTests
{
    private static readonly IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Base = Manifests.Of("base");
    private static readonly IReadOnlyList<IKubernetesObject<V1ObjectMeta>> All = [.. Base, .. Manifests.Of("dev"), .. Manifests.Of("azure")];

    [Fact]
    public void HasASiloSetAndAFrontend()
    {
        Assert.Equal(3, Base.Single<V1StatefulSet>("silo").Spec.Replicas);
        Assert.True(Base.Single<V1Deployment>("web").Spec.Replicas > 1);
    }

    [Fact]
    public void SelectsThePodsThatAreMeant()
    {
        foreach (var set in All.OfType<V1StatefulSet>())
            AssertSelects(set.Spec.Selector.MatchLabels, set.Metadata.Name);
        foreach (var deployment in All.OfType<V1Deployment>())
            AssertSelects(deployment.Spec.Selector.MatchLabels, deployment.Metadata.Name);
        foreach (var service in All.OfType<V1Service>())
            AssertSelects(service.Spec.Selector, service.Metadata.Name);
        foreach (var budget in All.OfType<V1PodDisruptionBudget>())
            AssertSelects(budget.Spec.Selector.MatchLabels, budget.Metadata.Name);
        foreach (var policy in All.OfType<V1NetworkPolicy>())
        {
            AssertSelects(policy.Spec.PodSelector.MatchLabels, policy.Metadata.Name);
            Assert.All(policy.Spec.Ingress.SelectMany(rule => rule.FromProperty ?? []), peer => Assert.Single(PodsWith(peer.PodSelector.MatchLabels)));
        }

        foreach (var (name, pod) in Base.Pods())
            Assert.All(pod.Spec.TopologySpreadConstraints, constraint => AssertSelects(constraint.LabelSelector.MatchLabels, name));
    }

    [Fact]
    public void NamesPortsThatContainersHave()
    {
        foreach (var service in All.OfType<V1Service>())
            Assert.Subset(PortsOf(service.Metadata.Name), service.Spec.Ports.Select(port => port.TargetPort.Value).ToHashSet());
        foreach (var policy in All.OfType<V1NetworkPolicy>())
            Assert.Subset(PortsOf(policy.Metadata.Name), policy.Spec.Ingress.SelectMany(rule => rule.Ports).Select(port => port.Port.Value).ToHashSet());
        foreach (var (name, pod) in Base.Pods())
            Assert.Subset(PortsOf(name), Probes(pod).Select(probe => probe.HttpGet.Port.Value).ToHashSet());
    }

    [Fact]
    public void ListensWhereItsPortsSay() => Assert.All(Base.Pods(), pod =>
    {
        var container = pod.Template.Spec.Containers.Single();
        foreach (var (port, option) in new[] { ("http", "--port"), ("silo", "--silo-port"), ("gateway", "--gateway-port") })
        {
            var named = container.Ports.SingleOrDefault(p => p.Name == port)?.ContainerPort.ToString(System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(named, container.Args.SkipWhile(argument => argument != option).Skip(1).FirstOrDefault());
        }
    });

    [Fact]
    public void SaysOnlyWhatTheProgramReads() => Assert.All(Base.Pods(), pod =>
    {
        var container = pod.Template.Spec.Containers.Single();
        ProgramOptions.Of(pod.Name).AssertKnown(container.Args, container.Env.Select(variable => variable.Name));
        // Kubernetes would add variables for services, which begin like ours for one that is named like us.
        Assert.False(pod.Template.Spec.EnableServiceLinks);
    });

    [Fact]
    public void NamesANodeAfterItsPod_AndReachesItAtItsAddress()
    {
        var variables = Base.Single<V1StatefulSet>("silo").Spec.Template.Spec.Containers.Single().Env.ToDictionary(v => v.Name, v => v.ValueFrom?.FieldRef?.FieldPath);

        Assert.Equal("metadata.name", variables["ORLEANS_ML_NAME"]);
        Assert.Equal("status.podIP", variables["ORLEANS_ML_CLUSTER_HOST"]);
    }

    [Fact]
    public void AsksForHealthWhereItIsTold() => Assert.All(Base.Pods(), pod =>
    {
        var container = pod.Template.Spec.Containers.Single();
        Assert.Equal(("/livez", "/livez", "/readyz"), (container.StartupProbe.HttpGet.Path, container.LivenessProbe.HttpGet.Path, container.ReadinessProbe.HttpGet.Path));
    });

    [Fact]
    public void GivesTimeToLeave() =>
        Assert.All(Base.Pods(), pod => Assert.True(pod.Template.Spec.TerminationGracePeriodSeconds > OrderlyLeave.Limit.TotalSeconds, pod.Name));

    [Fact]
    public void TakesOneSiloAtATime() =>
        Assert.Equal("1", Base.Single<V1PodDisruptionBudget>("silo").Spec.MaxUnavailable.Value);

    [Fact]
    public void LetsOnlyTheClusterConnectToItsPorts()
    {
        var open = Base.Single<V1NetworkPolicy>("silo").Spec.Ingress.Where(rule => rule.FromProperty is null).SelectMany(rule => rule.Ports).Select(port => port.Port.Value);

        Assert.Equal(["http"], open);
    }

    [Fact]
    public void RunsHardened() => Assert.All(Base.Pods(), pod =>
    {
        var (spec, container) = (pod.Template.Spec, pod.Template.Spec.Containers.Single());
        Assert.Equal((true, false), (spec.SecurityContext.RunAsNonRoot, spec.AutomountServiceAccountToken));
        Assert.Equal((false, true), (container.SecurityContext.AllowPrivilegeEscalation, container.SecurityContext.ReadOnlyRootFilesystem));
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        // A silo writes the files of models and the workers' sockets; a frontend nothing but what .NET itself does.
        Assert.Subset(container.VolumeMounts.Select(mount => mount.MountPath).ToHashSet(), container.Name == "silo" ? ["/data", "/tmp"] : new HashSet<string> { "/tmp" });
        Assert.Equal("orleans-ml", spec.ServiceAccountName);
        Assert.NotNull(Base.Single<V1ServiceAccount>(spec.ServiceAccountName));
    });

    [Fact]
    public void MountsVolumesThatAreThere() => Assert.All(All.OfType<V1StatefulSet>().Select(set => (set.Spec.Template.Spec, set.Spec.VolumeClaimTemplates))
        .Concat(All.OfType<V1Deployment>().Select(deployment => (deployment.Spec.Template.Spec, (IList<V1PersistentVolumeClaim>)[]))), pod =>
    {
        var volumes = (pod.Item1.Volumes ?? []).Select(volume => volume.Name).Concat(pod.Item2.Select(claim => claim.Metadata.Name));
        Assert.Subset(volumes.ToHashSet(), pod.Item1.Containers.SelectMany(container => container.VolumeMounts).Select(mount => mount.Name).ToHashSet());
    });

    private static IEnumerable<V1Probe> Probes(V1PodTemplateSpec pod) =>
        pod.Spec.Containers.SelectMany(container => new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe });

    private static HashSet<string> PortsOf(string name) =>
        [.. All.Pods().Single(pod => pod.Name == name).Template.Spec.Containers.SelectMany(container => container.Ports).Select(port => port.Name)];

    private static IEnumerable<string> PodsWith(IDictionary<string, string> labels) =>
        All.Pods().Where(pod => labels.All(label => pod.Template.Metadata.Labels.TryGetValue(label.Key, out var value) && value == label.Value)).Select(pod => pod.Name);

    private static void AssertSelects(IDictionary<string, string> labels, string name) => Assert.Equal([name], PodsWith(labels));
}
