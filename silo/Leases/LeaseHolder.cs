using Herd.Contracts.Keys;

namespace Herd.Silo.Leases;

/// <summary>One device in one life of a process.</summary>
/// <param name="Silo">Name of the process.</param>
/// <param name="Address">Its address with the generation, which no other life of it has.</param>
/// <param name="Device">The device.</param>
internal sealed record LeaseHolder(string Silo, string Address, string Device)
{
    /// <summary>What its leases are written down under.</summary>
    internal string Id => $"{Address}/{Device}";

    internal static LeaseHolder Of(string modelKey, SiloAddress address) =>
        new(GrainKeys.SiloOf(modelKey), address.ToParsableString(), GrainKeys.OwnName(modelKey));
}
