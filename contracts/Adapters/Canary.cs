using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Herd.Contracts.Errors;

namespace Herd.Contracts.Adapters;

/// <summary>A version that a share of an alias' requests is given to.</summary>
/// <param name="Version">The version's digest.</param>
/// <param name="Share">The share in percent, 1 to 99.</param>
/// <param name="Since">When the share was set.</param>
[GenerateSerializer, Immutable, Alias("herd.Canary")]
public sealed record Canary([property: Id(0)] string Version, [property: Id(1)] int Share, [property: Id(2)] DateTimeOffset Since)
{
    /// <summary>Smallest share in percent.</summary>
    public const int MinShare = 1;

    /// <summary>Largest share in percent.</summary>
    public const int MaxShare = 99;

    /// <summary>Whether a request is given to the canary.</summary>
    /// <remarks>
    /// What falls to the canary at one share falls to it at every larger one: each affinity has a fixed place on a line of 100 percent, and the canary
    /// has the line's beginning. Aliases have lines of their own, so nobody is everywhere among the first.
    /// </remarks>
    /// <param name="alias">The alias with its owner: the adapter grain's key and the alias' name.</param>
    /// <param name="affinity">What the request belongs to: its conversation, its user, or itself alone.</param>
    /// <returns>True for the canary's share of all affinities.</returns>
    public bool Takes(string alias, string affinity) => PlaceOf(alias, affinity) < Share / 100.0;

    /// <summary>Throws unless a share can be set.</summary>
    /// <param name="share">The share in percent.</param>
    /// <exception cref="HerdException">It is none.</exception>
    public static void RequireShare(int share)
    {
        if (share is < MinShare or > MaxShare)
        {
            throw HerdException.Invalid("share", $"'share' must be {MinShare} to {MaxShare} percent. For none of the requests abort the canary, for all of them promote it.");
        }
    }

    /// <returns>0 to below 1.</returns>
    private static double PlaceOf(string alias, string affinity)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{alias}\n{affinity}"));
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * double.Exp2(-53);
    }
}
