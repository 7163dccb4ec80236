using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Herd.Silo.Placement;

/// <summary>Puts a grain with the key <c>d:silo/device</c> on the silo of that name.</summary>
[GenerateSerializer, Immutable, Alias("herd.PinnedPlacement")]
internal sealed class PinnedPlacement : PlacementStrategy;

/// <summary>Marks a grain class for <see cref="PinnedPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PinnedPlacementAttribute() : PlacementAttribute(new PinnedPlacement());

/// <summary>Finds the silo that a key names.</summary>
internal sealed class PinnedPlacementDirector(IClusterMembershipService membership) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var name = GrainKeys.SiloOf(target.GrainIdentity.Key.ToString()!);
        var members = membership.CurrentSnapshot.Members;
        var silo = context.GetCompatibleSilos(target).FirstOrDefault(candidate => members.TryGetValue(candidate, out var member) && member.Name == name);

        // The error crosses to the caller as it is, who then goes on to another replica.
        return silo is null
            ? throw new HerdException(HerdErrorCode.Draining, "The replica's process is not there now.")
            : Task.FromResult(silo);
    }
}
