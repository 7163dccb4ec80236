using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;

namespace Herd.Silo.Tenants;

/// <summary>What limits may be.</summary>
internal static class LimitRules
{
    /// <exception cref="HerdException">A limit is out of range.</exception>
    internal static void Require(TenantLimits limits)
    {
        AtLeast(limits.ConcurrentSequences, 1, LimitNames.ConcurrentSequences);
        AtLeast(limits.Adapters, 0, LimitNames.Adapters);
        AtLeast(limits.RequestsPerMinute, 1, LimitNames.RequestsPerMinute);
        AtLeast(limits.TokensPerMinute, 1, LimitNames.TokensPerMinute);
        AtLeast(limits.StoredBytes, 0, LimitNames.StoredBytes);
        AtLeast(limits.StoredPictures, 0, LimitNames.StoredPictures);
        AtLeast(limits.PicturesPerRequest, 0, LimitNames.PicturesPerRequest);
        AtLeast(limits.TrainingJobs, 0, LimitNames.TrainingJobs);
        if (limits.Weight is < 1 or > TenantLimits.MostWeight)
        {
            throw HerdException.Invalid("limits.weight", $"'limits.weight' must be 1 to {TenantLimits.MostWeight}, not {limits.Weight}.");
        }
    }

    private static void AtLeast(long? value, long least, string name)
    {
        if (value < least)
        {
            throw HerdException.Invalid($"limits.{name}", $"'limits.{name}' must be at least {least}, not {value}.");
        }
    }
}
