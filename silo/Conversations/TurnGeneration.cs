using Herd.Contracts.Models;
using Herd.Contracts.Tenants;

namespace Herd.Silo.Conversations;

/// <summary>What a turn asks of the replicas, and what it holds of its tenant's until it ends.</summary>
/// <param name="Request">The request, its history aside.</param>
/// <param name="Meter">Counts the answer.</param>
internal sealed record TurnGeneration(GenerateRequest Request, UsageMeter Meter) : IAsyncDisposable
{
    internal ValueTask CountAsync(GenerationUpdate update, CancellationToken cancellationToken) => Meter.CountAsync(0, update, cancellationToken);

    /// <summary>Ends it here and leaves the turn, with what was counted, to its next holder.</summary>
    internal ValueTask LeaveAsync() => Meter.LeaveOpenAsync();

    public ValueTask DisposeAsync() => Meter.DisposeAsync();
}
