using System.Runtime.CompilerServices;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Silo.Devices;
using Herd.Silo.Placement;
using Herd.Silo.Telemetry;
using Orleans.Placement;

namespace Herd.Silo.Models;

/// <summary>Thin front of one of this process's devices: whatever becomes of the grain, the device host keeps weights and caches.</summary>
[PinnedPlacement, KeepAlive, Immovable]
internal sealed class ModelGrain(DeviceHosts devices, GenerationMetrics metrics, GenerationLog log) : Grain, IModelGrain
{
    private DeviceHost Device => devices.Find(this.GetPrimaryKeyString()) ?? throw HerdException.NotFound("The replica");

    public override Task OnActivateAsync(CancellationToken cancellationToken) => Task.FromResult(Device);

    public async IAsyncEnumerable<GenerationUpdate> Generate(
        GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var noted = log.NoteAsync(request, Device.GenerateAsync(request, cancellationToken), cancellationToken);
        await foreach (var update in metrics.MeasureAsync(request, noted, cancellationToken))
        {
            yield return update;
        }
    }

    public Task<bool> Warm(AdapterVersion version, CancellationToken cancellationToken = default) => Device.WarmAsync(version, cancellationToken);

    public Task Drop(string tenant, string versionDigest, CancellationToken cancellationToken = default)
    {
        Device.Drop(versionDigest);
        return Task.CompletedTask;
    }

    public Task<ReplicaInfo> GetStatus(CancellationToken cancellationToken = default) => Task.FromResult(Device.Describe());
}
