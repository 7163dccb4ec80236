using Grpc.Core;
using Herd.Gateway.Tests.EndToEnd;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedGateway))]

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>One gateway for all tests, started by the first that needs it. Tests keep apart by tenants of their own.</summary>
public sealed class SharedGateway : IAsyncDisposable
{
    private readonly TestFolder _data = new();
    private readonly Lazy<Task<GatewayProcess>> _process;
    private int _tenants;

    public SharedGateway()
    {
        _process = new Lazy<Task<GatewayProcess>>(StartAsync);
    }

    internal Task<GatewayProcess> ProcessAsync() => _process.Value;

    /// <summary>Makes a tenant and a key of it.</summary>
    internal async Task<TestTenant> NewTenantAsync(TenantLimits? limits = null)
    {
        return await TestTenant.CreateAsync(await ProcessAsync(), $"tenant-{Interlocked.Increment(ref _tenants)}", limits);
    }

    internal static Metadata Admin { get; } = new() { { "authorization", $"Bearer {HerdPrograms.AdminKey}" } };

    public async ValueTask DisposeAsync()
    {
        if (_process.IsValueCreated)
        {
            await (await _process.Value).DisposeAsync();
        }

        _data.Dispose();
    }

    private async Task<GatewayProcess> StartAsync()
    {
        // Every test's tenant is told apart, however many there are, and a busy machine fails no expert.
        var process = GatewayProcess.Start(
            _data.Path, [.. HerdPrograms.GoldenBase, .. GatewayProcess.GoldenClip, "--set", "Telemetry:MaxTenants=10000", "Telemetry:MaxAdapters=10000", "Experts:Ocr:TimeLimit=00:01:00"]);
        await process.WaitUntilReadyAsync(TestContext.Current.CancellationToken);
        return process;
    }
}
