using System.Diagnostics;
using Herd.Testing;
using k8s.Models;
using Xunit;

namespace Herd.Kubernetes.Tests;

/// <summary>The programs under the manifests' own environment, ports and probe paths.</summary>
public sealed class PublishedProgramTests : IAsyncDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => _folder.In("data");

    private string Base => _folder.In("base");

    [Fact]
    public async Task SiloAndGateway_AsTheManifestsRunThem_BecomeReadyAndEndWhenAsked()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/setpriv"), "Only root can start a process as another user.");
        await PrepareAsync();
        await PublishedProgram.PublishAsync("silo", _folder.In("silo"), Cancellation);
        await PublishedProgram.PublishAsync("gateway", _folder.In("gateway"), Cancellation);
        var (siloPod, gatewayPod) = (ContainerOf("herd-silo"), ContainerOf("herd-gateway"));

        await using var silo = PublishedProgram.Start(_folder.In("silo", "Herd.Silo"), EnvironmentOf(siloPod, "herd-silo-0", "127.0.0.2"));
        await PublishedProgram.WaitForAsync(silo, ProbeOf(siloPod, siloPod.LivenessProbe), Cancellation);
        await PublishedProgram.WaitForAsync(silo, ProbeOf(siloPod, siloPod.ReadinessProbe), Cancellation);
        await using var gateway = PublishedProgram.Start(_folder.In("gateway", "Herd.Gateway"), EnvironmentOf(gatewayPod, "herd-gateway-0", "127.0.0.3"));
        await PublishedProgram.WaitForAsync(gateway, ProbeOf(gatewayPod, gatewayPod.LivenessProbe), Cancellation);
        await PublishedProgram.WaitForAsync(gateway, ProbeOf(gatewayPod, gatewayPod.ReadinessProbe), Cancellation);

        Assert.Equal(0, await gateway.TerminateAsync());
        Assert.Equal(0, await silo.TerminateAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await ProgramRun.SucceedAsync(new ProcessStartInfo("chmod", ["-R", "u+w", _folder.Path]), CancellationToken.None);
        _folder.Dispose();
    }

    private async Task PrepareAsync()
    {
        Directory.CreateDirectory(Data);
        Directory.CreateDirectory(Base);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Golden, "tiny-llama", "hf")).Append(RepositoryFiles.Tokenizer))
        {
            File.Copy(file, Path.Combine(Base, Path.GetFileName(file)), overwrite: true);
        }

        await ProgramRun.SucceedAsync(new ProcessStartInfo("chmod", ["-R", "a+rwX", _folder.Path]), Cancellation);
    }

    private static V1Container ContainerOf(string workload) =>
        Manifests.Base.Where(item => item is IMetadata<V1ObjectMeta> { Metadata: { } metadata } && metadata.Name == workload).Select(Manifests.Pods).OfType<V1PodTemplateSpec>().Single().Spec.Containers.Single();

    // A pod's address becomes one of this machine's, a mount a folder, and the database a file.
    private Dictionary<string, string> EnvironmentOf(V1Container container, string pod, string address)
    {
        var environment = new Dictionary<string, string>(Manifests.Base.OfType<V1ConfigMap>().Single().Data);
        foreach (var variable in container.Env)
        {
            environment[variable.Name] = variable.ValueFrom?.FieldRef.FieldPath switch
            {
                null => variable.Value,
                "metadata.name" => pod,
                "status.podIP" => address,
                var other => throw new InvalidOperationException($"What is {other}?"),
            };
        }

        (environment["Herd__Storage__DataFolder"], environment["Herd__Storage__Database"]) = (Data, "sqlite");
        if (environment.ContainsKey("Herd__Replica__Base"))
        {
            environment["Herd__Replica__Base"] = Base;
        }

        return environment;
    }

    private static Uri ProbeOf(V1Container container, V1Probe probe) =>
        new($"http://127.0.0.1:{container.Ports.Single(port => port.Name == probe.HttpGet.Port.Value).ContainerPort}{probe.HttpGet.Path}");
}
