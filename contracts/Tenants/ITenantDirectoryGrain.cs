using System.Collections.Immutable;

namespace Herd.Contracts.Tenants;

/// <summary>The administrator's surface: tenants and their keys. Key: <c>i:tenants</c>.</summary>
[Alias("herd.ITenantDirectoryGrain")]
public interface ITenantDirectoryGrain : IGrainWithStringKey
{
    /// <summary>Makes a tenant.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="limits">What it may use; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The tenant.</returns>
    /// <exception cref="Errors.HerdException">The name is taken or breaks the rule.</exception>
    [Alias("CreateTenant")]
    Task<TenantDescription> CreateTenant(string name, TenantLimits? limits, CancellationToken cancellationToken = default);

    /// <summary>All tenants, by name.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The tenants.</returns>
    [Alias("ListTenants")]
    Task<ImmutableArray<TenantDescription>> ListTenants(CancellationToken cancellationToken = default);

    /// <summary>Changes what a tenant may use; in force at once.</summary>
    /// <param name="name">The tenant.</param>
    /// <param name="limits">All its limits.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The tenant.</returns>
    /// <exception cref="Errors.HerdException">No such tenant, or a limit out of range.</exception>
    [Alias("UpdateLimits")]
    Task<TenantDescription> UpdateLimits(string name, TenantLimits limits, CancellationToken cancellationToken = default);

    /// <summary>What tenants have used, by key and period; answers under way with what they have reserved.</summary>
    /// <param name="tenant">The tenant; null for all.</param>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The rows, oldest first.</returns>
    /// <exception cref="Errors.HerdException">No such tenant, or a query out of range.</exception>
    [Alias("GetUsage")]
    Task<ImmutableArray<UsageRow>> GetUsage(string? tenant, UsageQuery query, CancellationToken cancellationToken = default);

    /// <summary>Makes an API key.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="label">What the key is for; at most 100 characters.</param>
    /// <param name="expiresAt">When it stops working by itself; null for never.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The key, with its secret.</returns>
    /// <exception cref="Errors.HerdException">No such tenant, a label that is too long, or a moment that has passed.</exception>
    [Alias("CreateKey")]
    Task<CreatedApiKey> CreateKey(string tenant, string label, DateTimeOffset? expiresAt, CancellationToken cancellationToken = default);

    /// <summary>Stores a key chosen outside, such as one from the environment; storing the same again is no error.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="label">What the key is for.</param>
    /// <param name="key">The whole key, <c>herd_id_secret</c>.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The key without its secret.</returns>
    /// <exception cref="Errors.HerdException">No such tenant, a malformed key, or an id that is taken.</exception>
    [Alias("ImportKey")]
    Task<ApiKeyDescription> ImportKey(string tenant, string label, string key, CancellationToken cancellationToken = default);

    /// <summary>A tenant's keys.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The keys without their secrets.</returns>
    /// <exception cref="Errors.HerdException">No such tenant.</exception>
    [Alias("ListKeys")]
    Task<ImmutableArray<ApiKeyDescription>> ListKeys(string tenant, CancellationToken cancellationToken = default);

    /// <summary>Ends a key; it stops working everywhere within five seconds.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="keyId">The key's id.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>A task.</returns>
    /// <exception cref="Errors.HerdException">No such tenant or key.</exception>
    [Alias("RevokeKey")]
    Task RevokeKey(string tenant, string keyId, CancellationToken cancellationToken = default);
}
