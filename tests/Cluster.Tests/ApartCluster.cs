using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>Three silos, the first with two devices, and two gateways over one data folder, each a process of its own.</summary>
/// <param name="mode">What the gateways are to the cluster.</param>
public abstract class ApartCluster(string mode) : IAsyncLifetime
{
    private const int Silos = 3;
    private const int Gateways = 2;
    private static readonly string[] Devices = ["cpu:0,cpu:1", "cpu:2", "cpu:3"];

    private readonly TestFolder _folder = new();
    private readonly int[] _ports = FreePorts.Take((3 * Silos) + (3 * Gateways));
    private readonly ChildProcess[] _processes = new ChildProcess[Silos + Gateways];
    private readonly HttpClient _health = new();
    private int _tenants;

    internal static Metadata Admin { get; } = new() { { "authorization", $"Bearer {HerdPrograms.AdminKey}" } };

    // All that tells one database from another.
    private string[] Storage => ["--data", _folder.Path, "--set", "Storage:Shared=true"];

    internal ChildProcess Silo(int index) => _processes[index];

    internal ChildProcess Gateway(int index) => _processes[Silos + index];

    internal Uri Health(int silo) => new($"http://127.0.0.1:{_ports[(3 * silo) + 2]}");

    internal Uri Http(int gateway) => new($"http://127.0.0.1:{_ports[(3 * Silos) + (3 * gateway)]}");

    internal Uri Grpc(int gateway) => new($"http://127.0.0.1:{_ports[(3 * Silos) + (3 * gateway) + 1]}");

    public async ValueTask InitializeAsync()
    {
        await Task.WhenAll([.. Enumerable.Range(0, Silos).Select(StartSiloAsync), .. Enumerable.Range(0, Gateways).Select(StartGatewayAsync)]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _health.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a tenant and a key of it.</summary>
    internal async Task<ClusterTenant> NewTenantAsync()
    {
        var name = $"tenant-{Interlocked.Increment(ref _tenants)}";
        using var channel = GrpcChannel.ForAddress(Grpc(0));
        var tenants = new TenantService.TenantServiceClient(channel);
        await tenants.CreateTenantAsync(new CreateTenantRequest { Name = name, Limits = new TenantLimits { ConcurrentSequences = 100, Adapters = 10 } }, Admin);
        var key = await tenants.CreateKeyAsync(new CreateKeyRequest { Tenant = name, Label = "test" }, Admin);
        return new ClusterTenant(this, key.Key);
    }

    /// <summary>Starts a silo, again where it ended, and waits until it and its routes are ready.</summary>
    internal Task StartSiloAsync(int index) => StartAsync(
        index,
        "Herd.Silo",
        Health(index),
        [
            .. HerdPrograms.GoldenBase,
            "--dtype", "float32",
            "--device", Devices[index],
            "--health-port", $"{Health(index).Port}",
            "--set", $"Cluster:SiloName=silo-{index}", $"Cluster:SiloPort={_ports[3 * index]}", $"Cluster:ClientPort={_ports[(3 * index) + 1]}",
            "Replica:DrainTimeout=00:00:30",
        ]);

    /// <summary>Starts a gateway, again where it ended, and waits until it is ready.</summary>
    internal Task StartGatewayAsync(int index) => StartAsync(
        Silos + index,
        "Herd.Gateway",
        Http(index),
        [
            "--mode", mode,
            "--http-port", $"{Http(index).Port}",
            "--grpc-port", $"{Grpc(index).Port}",
            "--set", $"Cluster:SiloName=gateway-{index}", $"Cluster:SiloPort={_ports[(3 * Silos) + (3 * index) + 2]}", "Gateway:AdminPort=0",
        ]);

    /// <summary>Asks a process about its health.</summary>
    /// <returns>The status; null where nobody listens.</returns>
    internal async Task<HttpStatusCode?> HealthAsync(Uri address, string path)
    {
        try
        {
            using var response = await _health.GetAsync(new Uri(address, path));
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private async Task StartAsync(int index, string program, Uri health, string[] arguments)
    {
        var process = ChildProcess.Start(HerdPrograms.Named(program, [.. Storage, .. arguments]));
        _processes[index] = process;
        await Eventually.TrueAsync(() => IsReadyAsync(process, health), TestContext.Current.CancellationToken, $"{program} at {health} is ready");
    }

    private async Task<bool> IsReadyAsync(ChildProcess process, Uri health)
    {
        process.ExpectRunning();
        return await HealthAsync(health, "/readyz") == HttpStatusCode.OK;
    }
}

/// <summary>The cluster with gateways that are members of it.</summary>
public sealed class MemberCluster() : ApartCluster("member");

/// <summary>The cluster with gateways that are its clients.</summary>
public sealed class ClientCluster() : ApartCluster("client");
