using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;

namespace Herd.Testing.Cluster;

/// <summary>Three silos, the first with two devices, and two gateways over one database, each a process of its own.</summary>
/// <remarks>The programs lie beside the one that uses this: it refers to the gateway's project.</remarks>
public sealed class HerdCluster : IAsyncDisposable
{
    /// <summary>How many silos there are.</summary>
    public const int Silos = 3;

    /// <summary>How many gateways there are.</summary>
    public const int Gateways = 2;

    private static readonly string[] Devices = ["cpu:0,cpu:1", "cpu:2", "cpu:3"];

    private readonly string _mode;
    private readonly ClusterStorage _storage;
    private readonly int[] _ports = FreePorts.Take((3 * Silos) + (4 * Gateways));
    private readonly ChildProcess?[] _processes = new ChildProcess?[Silos + Gateways];
    private readonly HttpClient _health = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Action<string, string>? _onLine;
    private int _tenants;

    private HerdCluster(string mode, ClusterStorage storage, Action<string, string>? onLine) => (_mode, _storage, _onLine) = (mode, storage, onLine);

    /// <summary>What the administrator sends with a call.</summary>
    public static Metadata Admin { get; } = new() { { "authorization", $"Bearer {HerdPrograms.AdminKey}" } };

    /// <summary>What all processes keep their data in.</summary>
    public ClusterStorage Storage => _storage;

    /// <summary>Starts all processes and waits until they are ready.</summary>
    /// <param name="mode">What the gateways are to the cluster: <c>member</c> or <c>client</c>.</param>
    /// <param name="storage">Where the data is kept; the cluster ends it with itself.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="onLine">Told the name of a process and each line that it writes, on any thread.</param>
    public static async Task<HerdCluster> StartAsync(
        string mode, ClusterStorage storage, CancellationToken cancellationToken, Action<string, string>? onLine = null)
    {
        var cluster = new HerdCluster(mode, storage, onLine);
        try
        {
            await cluster.StartAllAsync(cancellationToken).ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The process of a silo.</summary>
    public ChildProcess Silo(int index) => _processes[index]!;

    /// <summary>The process of a gateway.</summary>
    public ChildProcess Gateway(int index) => _processes[Silos + index]!;

    /// <summary>Where a silo answers about its health.</summary>
    public Uri Health(int silo) => new($"http://127.0.0.1:{_ports[(3 * silo) + 2]}");

    /// <summary>Where a gateway speaks HTTP.</summary>
    public Uri Http(int gateway) => new($"http://127.0.0.1:{_ports[(3 * Silos) + (4 * gateway)]}");

    /// <summary>Where a gateway speaks gRPC.</summary>
    public Uri Grpc(int gateway) => new($"http://127.0.0.1:{_ports[(3 * Silos) + (4 * gateway) + 1]}");

    /// <summary>Where a gateway speaks gRPC with the administrator.</summary>
    public Uri AdminGrpc(int gateway) => new($"http://127.0.0.1:{_ports[(3 * Silos) + (4 * gateway) + 3]}");

    /// <summary>Starts every process that does not run, and waits until all are ready.</summary>
    public Task StartAllAsync(CancellationToken cancellationToken) => Task.WhenAll(
    [
        .. Enumerable.Range(0, Silos).Select(index => StartSiloAsync(index, cancellationToken)),
        .. Enumerable.Range(0, Gateways).Select(index => StartGatewayAsync(index, cancellationToken)),
    ]);

    /// <summary>Ends every process at once, without a warning.</summary>
    public Task KillAllAsync() => Task.WhenAll(_processes.OfType<ChildProcess>().Select(process => process.KillAsync()));

    /// <summary>Makes a tenant that may use enough for any test, and a key of it.</summary>
    public Task<ClusterTenant> NewTenantAsync(CancellationToken cancellationToken) =>
        NewTenantAsync(new TenantLimits { ConcurrentSequences = 100, Adapters = 10 }, cancellationToken);

    /// <summary>Makes a tenant and a key of it.</summary>
    public async Task<ClusterTenant> NewTenantAsync(TenantLimits limits, CancellationToken cancellationToken)
    {
        var name = $"tenant-{Interlocked.Increment(ref _tenants)}";
        using var channel = GrpcChannel.ForAddress(AdminGrpc(0));
        var tenants = new TenantService.TenantServiceClient(channel);
        await tenants.CreateTenantAsync(new CreateTenantRequest { Name = name, Limits = limits }, Admin, cancellationToken: cancellationToken).ConfigureAwait(false);
        return await NewKeyAsync(name, expiresAt: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes one more key of a tenant.</summary>
    /// <param name="tenant">The tenant's name.</param>
    /// <param name="expiresAt">When it stops working by itself; null for never.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The tenant with that key.</returns>
    public async Task<ClusterTenant> NewKeyAsync(string tenant, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(AdminGrpc(0));
        var request = new CreateKeyRequest { Tenant = tenant, Label = "test", ExpiresAt = expiresAt is { } end ? Timestamp.FromDateTimeOffset(end) : null };
        var key = await new TenantService.TenantServiceClient(channel).CreateKeyAsync(request, Admin, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new ClusterTenant(this, tenant, key.Key);
    }

    /// <summary>Starts a silo that does not run, and waits until it is ready.</summary>
    public Task StartSiloAsync(int index, CancellationToken cancellationToken) => StartAsync(
        index,
        $"silo-{index}",
        "Herd.Silo",
        Health(index),
        [
            .. HerdPrograms.GoldenBase,
            "--dtype", "float32",
            "--device", Devices[index],
            "--health-port", $"{Health(index).Port}",
            "--set", $"Cluster:SiloName=silo-{index}", $"Cluster:SiloPort={_ports[3 * index]}", $"Cluster:ClientPort={_ports[(3 * index) + 1]}",
            "Training:Slots=1", "Training:Threads=1", "Training:CheckpointEvery=5", "Training:Lease=00:00:02",
        ],
        cancellationToken);

    /// <summary>Starts a gateway that does not run, and waits until it is ready.</summary>
    public Task StartGatewayAsync(int index, CancellationToken cancellationToken) => StartAsync(
        Silos + index,
        $"gateway-{index}",
        "Herd.Gateway",
        Http(index),
        [
            "--mode", _mode,
            "--http-port", $"{Http(index).Port}",
            "--grpc-port", $"{Grpc(index).Port}",
            "--set", $"Cluster:SiloName=gateway-{index}", $"Cluster:SiloPort={_ports[(3 * Silos) + (4 * index) + 2]}", "Gateway:AdminPort=0",
            $"Gateway:AdminGrpcPort={AdminGrpc(index).Port}",
            "Gateway:StopDelay=00:00:05",
        ],
        cancellationToken);

    /// <summary>Asks a process about its health.</summary>
    /// <returns>The status; null where nobody answers, or not in time.</returns>
    public async Task<HttpStatusCode?> HealthAsync(Uri address, string path, CancellationToken cancellationToken) =>
        (await AskAsync(address, path, cancellationToken).ConfigureAwait(false)).Status;

    /// <summary>Asks a process about its health.</summary>
    /// <returns>The status, null where nobody answers in time, and the words.</returns>
    public async Task<(HttpStatusCode? Status, string Words)> AskAsync(Uri address, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _health.GetAsync(new Uri(address, path), cancellationToken).ConfigureAwait(false);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException { InnerException: TimeoutException })
        {
            return (null, "");
        }
    }

    /// <summary>Reads a silo's metrics, as the administrator.</summary>
    public async Task<string> MetricsAsync(int silo, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Health(silo), "/metrics"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", HerdPrograms.AdminKey);
        using var response = await _health.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.OfType<ChildProcess>())
        {
            await process.DisposeAsync().ConfigureAwait(false);
        }

        _health.Dispose();
        await _storage.DisposeAsync().ConfigureAwait(false);
    }

    private async Task StartAsync(int index, string name, string program, Uri health, string[] arguments, CancellationToken cancellationToken)
    {
        var process = _processes[index] is { HasEnded: false } running
            ? running
            : ChildProcess.Start(
                HerdPrograms.Named(program, [.. _storage.CommandLine, .. arguments, "Replica:DrainTimeout=00:01:30"]), line => _onLine?.Invoke(name, line));
        _processes[index] = process;
        await Eventually.TrueAsync(() => IsReadyAsync(process, health), cancellationToken, $"{name} at {health} is ready").ConfigureAwait(false);
    }

    private async Task<bool> IsReadyAsync(ChildProcess process, Uri health)
    {
        process.ExpectRunning();
        return await HealthAsync(health, "/readyz", CancellationToken.None).ConfigureAwait(false) == HttpStatusCode.OK;
    }
}
