using System.Runtime.CompilerServices;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Silo.Devices;
using Herd.Silo.Telemetry;
using Orleans.Placement;

namespace Herd.Silo.Models;

/// <summary>Thin front of this process's device: whatever becomes of the grain, the device host keeps weights and caches.</summary>
[PinnedPlacement, KeepAlive, Immovable]
internal sealed class ModelGrain(DeviceHost device, GenerationMetrics metrics, GenerationLog log) : Grain, IModelGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken) => this.GetPrimaryKeyString() == device.ModelKey
        ? Task.CompletedTask
        : throw HerdException.NotFound("The replica");

    public async IAsyncEnumerable<GenerationUpdate> Generate(
        GenerateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var noted = log.NoteAsync(request, device.GenerateAsync(request, cancellationToken), cancellationToken);
        await foreach (var update in metrics.MeasureAsync(request, noted, cancellationToken))
        {
            yield return update;
        }
    }

    public Task<bool> Warm(AdapterVersion version, CancellationToken cancellationToken = default) => device.WarmAsync(version, cancellationToken);

    public Task Drop(string tenant, string versionDigest, CancellationToken cancellationToken = default)
    {
        device.Drop(versionDigest);
        return Task.CompletedTask;
    }

    public Task<ReplicaInfo> GetStatus(CancellationToken cancellationToken = default) => Task.FromResult(device.Describe());
}
