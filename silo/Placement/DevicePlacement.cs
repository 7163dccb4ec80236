using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Herd.Silo.Placement;

/// <summary>Puts a grain on a silo with devices, never on a gateway; if it can, on one whose replicas serve.</summary>
[GenerateSerializer, Immutable, Alias("herd.DevicePlacement")]
internal sealed class DevicePlacement : PlacementStrategy;

/// <summary>Marks a grain class for <see cref="DevicePlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class DevicePlacementAttribute() : PlacementAttribute(new DevicePlacement());

/// <summary>Chooses among silos with devices: this one before others, one that serves before one that loads or drains.</summary>
internal sealed class DevicePlacementDirector(IClusterMembershipService membership, RoutingTable routes) : IPlacementDirector
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var members = membership.CurrentSnapshot.Members;
        var serving = Serving();
        var silos = context.GetCompatibleSilos(target)
            .Where(silo => members.TryGetValue(silo, out var member) && !MemberNames.IsGateway(member.Name))
            .ToLookup(silo => serving.Contains(members[silo].Name));
        SiloAddress[] best = [.. silos[silos.Contains(true)]];
        if (best.Length == 0)
        {
            // Typed, so that the caller learns it at once instead of after Orleans' own attempts.
            throw new HerdException(HerdErrorCode.Unavailable, "No silo is there now. Try again shortly.") { RetryAfter = RetryAfter };
        }

        return Task.FromResult(best.Contains(context.LocalSilo) ? context.LocalSilo : best[Random.Shared.Next(best.Length)]);
    }

    /// <summary>Names of the silos of which a replica serves.</summary>
    private HashSet<string> Serving() => routes.Replicas
        .Where(replica => replica.State == ReplicaState.Ready)
        .Select(replica => GrainKeys.SiloOf(replica.ModelKey))
        .ToHashSet(StringComparer.Ordinal);
}
