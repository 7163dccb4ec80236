using Herd.Testing;
using k8s;
using k8s.Models;

namespace Herd.Kubernetes.Tests;

/// <summary>The manifests of <c>k8s/</c>, read strictly into Kubernetes' types.</summary>
internal static class Manifests
{
    private const string Kustomization = "kustomization.yaml";

    /// <summary>The folder of the manifests.</summary>
    public static string Root { get; } = Path.Combine(RepositoryFiles.Root, "k8s");

    /// <summary>All files but those that put others together.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.EnumerateFiles(Root, "*.yaml", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != Kustomization).Order()];

    /// <summary>The files that put others together.</summary>
    public static IReadOnlyList<string> Kustomizations { get; } = [.. Directory.EnumerateFiles(Root, Kustomization, SearchOption.AllDirectories).Order()];

    /// <summary>All objects of the base.</summary>
    public static IReadOnlyList<object> Base { get; } = [.. Files.Where(file => file.StartsWith(Path.Combine(Root, "base"), StringComparison.Ordinal)).SelectMany(Read)];

    /// <summary>Reads a file; a field that Kubernetes does not know is an error.</summary>
    public static IReadOnlyList<object> Read(string file) => KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true);

    /// <summary>The pods of an object that makes pods.</summary>
    public static V1PodTemplateSpec? Pods(object workload) => workload switch
    {
        V1StatefulSet set => set.Spec.Template,
        V1Deployment deployment => deployment.Spec.Template,
        _ => null,
    };
}
