using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Startup;

namespace Herd.Gateway.Hosting;

/// <summary>A tenant's key that was made now.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Key">The key.</param>
internal sealed record TenantKey(string Tenant, string Key);

/// <summary>Makes tenants, and keys for those that have none.</summary>
internal sealed class FirstTenants(IGrainFactory grains)
{
    private ITenantDirectoryGrain Tenants => grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory);

    /// <summary>Makes a tenant where it is missing.</summary>
    /// <param name="tenant">Its name.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    public async Task EnsureAsync(string tenant, CancellationToken cancellationToken)
    {
        try
        {
            await Tenants.CreateTenant(tenant, limits: null, cancellationToken);
        }
        catch (HerdException error) when (error.Code == HerdErrorCode.AlreadyExists)
        {
            // From an earlier start.
        }
    }

    /// <summary>Whether a tenant has a key, or had one that was revoked: somebody has been given it.</summary>
    /// <param name="tenant">Its name.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>True where it has.</returns>
    public async Task<bool> HasKeyAsync(string tenant, CancellationToken cancellationToken) => (await Tenants.ListKeys(tenant, cancellationToken)).Length > 0;

    /// <summary>Makes a key for a tenant that has none.</summary>
    /// <param name="tenant">Its name.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The key; null where it has one.</returns>
    public async Task<TenantKey?> EnsureKeyAsync(string tenant, CancellationToken cancellationToken) => await HasKeyAsync(tenant, cancellationToken)
        ? null
        : new TenantKey(tenant, (await Tenants.CreateKey(tenant, "first start", expiresAt: null, cancellationToken)).Key);

    /// <summary>Stores the operator's choice of a key.</summary>
    /// <param name="tenant">The tenant's name.</param>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="StartupException">It cannot be used.</exception>
    public async Task ImportKeyAsync(string tenant, string key, CancellationToken cancellationToken)
    {
        try
        {
            await Tenants.ImportKey(tenant, FirstStart.DemoKeyVariable, key, cancellationToken);
        }
        catch (HerdException error) when (error.Code is HerdErrorCode.InvalidArgument or HerdErrorCode.AlreadyExists)
        {
            throw new StartupException(
                $"{FirstStart.DemoKeyVariable} cannot be used: {error.Message}", "Set another key, or unset the variable to have one made.");
        }
    }
}
