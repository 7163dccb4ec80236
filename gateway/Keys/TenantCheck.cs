using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Microsoft.Extensions.Caching.Memory;

namespace Herd.Gateway.Keys;

/// <summary>Finds out whether a tenant that a token names exists, and remembers the answer for two seconds.</summary>
internal sealed class TenantCheck(IGrainFactory grains) : IDisposable
{
    private const int RememberedTenants = 10_000;
    private static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(2);

    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = RememberedTenants });

    /// <summary>Looks.</summary>
    /// <param name="tenant">The name.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>True where there is such a tenant.</returns>
    /// <exception cref="HerdException">It cannot be looked up now.</exception>
    public async Task<bool> ExistsAsync(string tenant, CancellationToken cancellationToken)
    {
        if (!GrainKeys.IsName(tenant))
        {
            return false;
        }

        if (!_known.TryGetValue(tenant, out bool exists))
        {
            exists = await AskAsync(tenant, cancellationToken);
            _known.Set(tenant, exists, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = RememberFor, Size = 1 });
        }

        return exists;
    }

    /// <inheritdoc/>
    public void Dispose() => _known.Dispose();

    private async Task<bool> AskAsync(string tenant, CancellationToken cancellationToken)
    {
        CallerContext.SetTenant(tenant, CallerContext.TokenKey);
        try
        {
            await grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(tenant)).Describe(cancellationToken);
            return true;
        }
        catch (HerdException error) when (error.Code == HerdErrorCode.NotFound)
        {
            return false;
        }
    }
}
