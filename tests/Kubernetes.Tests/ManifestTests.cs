using System.Globalization;
using Herd.Silo.Devices;
using Herd.Silo.Telemetry;
using k8s;
using k8s.Models;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Herd.Kubernetes.Tests;

public sealed class ManifestTests
{
    private static readonly TimeSpan LeavingTime = TimeSpan.FromSeconds(20);

    public static TheoryData<string> Files => [.. Manifests.Files.Select(file => Path.GetRelativePath(Manifests.Root, file))];

    public static TheoryData<string> Kustomizations => [.. Manifests.Kustomizations.Select(file => Path.GetRelativePath(Manifests.Root, file))];

    private static IEnumerable<IKubernetesObject<V1ObjectMeta>> Workloads => Manifests.Base.OfType<IKubernetesObject<V1ObjectMeta>>().Where(item => Manifests.Pods(item) is not null);

    [Theory]
    [MemberData(nameof(Files))]
    public void File_IsMadeOfKnownKindsAndFields(string file) =>
        Assert.All(Manifests.Read(Path.Combine(Manifests.Root, file)), item => Assert.NotEmpty(((IMetadata<V1ObjectMeta>)item).Metadata.Name));

    [Fact]
    public void Read_UnknownField_IsRefused() =>
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndate: {}\n", strict: true));

    [Theory]
    [MemberData(nameof(Kustomizations))]
    public void Kustomization_NamesEveryFileBesideItAndNoOther(string file)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Manifests.Root, file))!;
        var yaml = new YamlStream();
        using var text = File.OpenText(Path.Combine(Manifests.Root, file));
        yaml.Load(text);
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var resources = ((YamlSequenceNode)root["resources"]).Select(node => ((YamlScalarNode)node).Value!);
        var patches = root.Children.TryGetValue("patches", out var found) ? ((YamlSequenceNode)found).Select(node => ((YamlScalarNode)node["path"]).Value!) : [];
        var named = resources.Concat(patches).ToArray();

        Assert.Equal(
            Directory.EnumerateFiles(folder, "*.yaml").Select(Path.GetFileName).Where(name => name != "kustomization.yaml").Order(),
            named.Where(name => name.EndsWith(".yaml", StringComparison.Ordinal)).Order());
        Assert.All(named.Where(name => !name.EndsWith(".yaml", StringComparison.Ordinal)), name => Assert.True(File.Exists(Path.Combine(folder, name, "kustomization.yaml")), name));
    }

    [Fact]
    public void Patches_ChangeObjectsAndContainersOfTheBase()
    {
        var known = Workloads.ToDictionary(item => (item.Kind, item.Metadata.Name), item => Manifests.Pods(item)!.Spec.Containers.Select(container => container.Name));
        var patched = Manifests.Files.Where(file => Path.GetFileName(file) is "silo.yaml" or "gateway.yaml" && file.Contains("overlays", StringComparison.Ordinal))
            .SelectMany(Manifests.Read).Cast<IKubernetesObject<V1ObjectMeta>>().ToArray();

        Assert.NotEmpty(patched);
        Assert.All(patched, patch => Assert.Subset(known[(patch.Kind, patch.Metadata.Name)].ToHashSet(), Manifests.Pods(patch)!.Spec.Containers.Select(container => container.Name).ToHashSet()));
    }

    [Fact]
    public void Selectors_FindPods()
    {
        var labels = Workloads.Select(item => Manifests.Pods(item)!.Metadata.Labels).ToArray();
        IDictionary<string, string>[] selectors =
        [
            .. Manifests.Base.OfType<V1Service>().Select(service => service.Spec.Selector),
            .. Manifests.Base.OfType<V1StatefulSet>().Select(set => set.Spec.Selector.MatchLabels),
            .. Manifests.Base.OfType<V1Deployment>().Select(deployment => deployment.Spec.Selector.MatchLabels),
            .. Manifests.Base.OfType<V1PodDisruptionBudget>().Select(budget => budget.Spec.Selector.MatchLabels),
            .. Manifests.Base.OfType<V1NetworkPolicy>().Select(policy => policy.Spec.PodSelector.MatchLabels),
            .. Manifests.Base.OfType<V1NetworkPolicy>().SelectMany(policy => policy.Spec.Ingress).SelectMany(rule => rule.FromProperty ?? [])
                .Select(peer => peer.PodSelector.MatchLabels ?? new Dictionary<string, string>()),
        ];

        Assert.All(selectors, selector => Assert.Contains(labels, pod => selector.All(pair => pod.TryGetValue(pair.Key, out var value) && value == pair.Value)));
    }

    [Fact]
    public void Services_LeadToNamedPorts()
    {
        var pods = Workloads.Select(item => Manifests.Pods(item)!).ToArray();
        foreach (var service in Manifests.Base.OfType<V1Service>())
        {
            var pod = Assert.Single(pods, pod => service.Spec.Selector.All(pair => pod.Metadata.Labels.TryGetValue(pair.Key, out var value) && value == pair.Value));
            Assert.All(service.Spec.Ports, port => Assert.Contains(PortsOf(pod), name => name == port.TargetPort.Value));
        }

        Assert.Contains(Manifests.Base.OfType<V1Service>(), service => service.Spec.ClusterIP == "None" && service.Metadata.Name == Manifests.Base.OfType<V1StatefulSet>().Single().Spec.ServiceName);
    }

    [Fact]
    public void Services_OfTenants_LeadToNoOperatorsPort()
    {
        var services = Manifests.Base.OfType<V1Service>().ToDictionary(service => service.Metadata.Name, service => service.Spec.Ports.Select(port => port.TargetPort.Value).ToHashSet());

        Assert.Equal(["admin", "admin-grpc"], services["herd-admin"].Order());
        Assert.Empty(services["herd-gateway"].Intersect(services["herd-admin"]));
    }

    [Fact]
    public void Policies_OpenPortsThatTheirPodsHave()
    {
        foreach (var policy in Manifests.Base.OfType<V1NetworkPolicy>())
        {
            var pods = Workloads.Select(item => Manifests.Pods(item)!).Where(pod => policy.Spec.PodSelector.MatchLabels.All(pair => pod.Metadata.Labels.TryGetValue(pair.Key, out var value) && value == pair.Value));
            var ports = pods.SelectMany(pod => pod.Spec.Containers).SelectMany(container => container.Ports).SelectMany(port => (string[])[port.Name, $"{port.ContainerPort}"]).ToHashSet();
            Assert.All(policy.Spec.Ingress.SelectMany(rule => rule.Ports), port => Assert.Contains(port.Port.Value, ports));
        }
    }

    [Fact]
    public void Pods_MountWhatTheyHaveAndProbePortsTheyOpen()
    {
        foreach (var pod in Workloads.Select(item => Manifests.Pods(item)!))
        {
            var volumes = pod.Spec.Volumes.Select(volume => volume.Name).ToHashSet();
            var claims = Manifests.Base.OfType<V1PersistentVolumeClaim>().Select(claim => claim.Metadata.Name).ToHashSet();
            var config = Manifests.Base.OfType<V1ConfigMap>().Select(map => map.Metadata.Name).ToHashSet();
            Assert.All(pod.Spec.Volumes.Where(volume => volume.PersistentVolumeClaim is not null), volume => Assert.Contains(volume.PersistentVolumeClaim.ClaimName, claims));
            Assert.All(pod.Spec.Containers, container =>
            {
                Assert.Equal(volumes, container.VolumeMounts.Select(mount => mount.Name).ToHashSet());
                Assert.All(container.EnvFrom.Where(source => source.ConfigMapRef is not null), source => Assert.Contains(source.ConfigMapRef.Name, config));
                Assert.Contains(container.LivenessProbe.HttpGet.Port.Value, PortsOf(pod));
                Assert.Contains(container.ReadinessProbe.HttpGet.Port.Value, PortsOf(pod));
            });
            Assert.Equal(Manifests.Base.OfType<V1ServiceAccount>().Single().Metadata.Name, pod.Spec.ServiceAccountName);
        }
    }

    [Fact]
    public void Pods_SayWhereTheirMetricsAre() => Assert.All(Workloads.Select(item => Manifests.Pods(item)!), pod =>
    {
        Assert.Equal(("true", HerdTelemetry.MetricsPath), (pod.Metadata.Annotations["prometheus.io/scrape"], pod.Metadata.Annotations["prometheus.io/path"]));

        // They are where the probes are: at the port that is not the tenants'.
        var probed = Assert.Single(pod.Spec.Containers).ReadinessProbe.HttpGet.Port.Value;
        var port = pod.Spec.Containers[0].Ports.Single(port => port.Name == probed);
        Assert.Equal($"{port.ContainerPort}", pod.Metadata.Annotations["prometheus.io/port"]);
    });

    [Fact]
    public void Pods_HaveNoRights()
    {
        Assert.All(Workloads, item => Assert.NotNull(Manifests.Pods(item)!.Spec.SecurityContext));
        var all = Manifests.Files.SelectMany(Manifests.Read).Select(Manifests.Pods).OfType<V1PodTemplateSpec>().Where(pod => pod.Spec.SecurityContext is not null).ToArray();

        Assert.Equal(3, all.Length);
        Assert.All(all, pod =>
        {
            Assert.True(pod.Spec.SecurityContext.RunAsNonRoot);
            Assert.NotEqual(0, pod.Spec.SecurityContext.RunAsUser);
            Assert.False(pod.Spec.AutomountServiceAccountToken);
            Assert.Equal("RuntimeDefault", pod.Spec.SecurityContext.SeccompProfile.Type);
            Assert.All(pod.Spec.Containers, container =>
            {
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            });
        });
    }

    [Fact]
    public void GracePeriods_AreLongerThanDrainingAndLeaving()
    {
        var key = $"Herd__{ReplicaOptions.Section}__{nameof(ReplicaOptions.DrainTimeout)}";
        var drain = TimeSpan.Parse(Manifests.Base.OfType<V1ConfigMap>().Single().Data[key], CultureInfo.InvariantCulture);

        Assert.All(Workloads, item => Assert.True(Manifests.Pods(item)!.Spec.TerminationGracePeriodSeconds > (drain + LeavingTime).TotalSeconds));
    }

    private static HashSet<string> PortsOf(V1PodTemplateSpec pod) => [.. pod.Spec.Containers.SelectMany(container => container.Ports).Select(port => port.Name)];
}
