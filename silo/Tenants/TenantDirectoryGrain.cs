using System.Collections.Immutable;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Placement;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Tenants;

/// <summary>The administrator's surface over the rows of tenants and keys.</summary>
[DevicePlacement]
internal sealed class TenantDirectoryGrain(
    TenantRepository tenants, UsageRepository usage, TimeProvider time, ILogger<TenantDirectoryGrain> logger) : Grain, ITenantDirectoryGrain
{
    private const int MaxLabelLength = 100;

    public async Task<TenantDescription> CreateTenant(string name, TenantLimits? limits, CancellationToken cancellationToken)
    {
        GrainKeys.RequireName(name, "name");
        limits ??= new TenantLimits();
        LimitRules.Require(limits);
        var tenant = new TenantDescription(name, limits, time.GetUtcNow());
        if (!await tenants.AddAsync(tenant, cancellationToken))
        {
            throw new HerdException(HerdErrorCode.AlreadyExists, $"Tenant '{name}' exists already.");
        }

        logger.LogInformation("Made tenant {Tenant}.", name);
        return tenant;
    }

    public Task<ImmutableArray<TenantDescription>> ListTenants(CancellationToken cancellationToken) => tenants.ListAsync(cancellationToken);

    public async Task<TenantDescription> UpdateLimits(string name, TenantLimits limits, CancellationToken cancellationToken)
    {
        LimitRules.Require(limits);
        await RequireTenantAsync(name, cancellationToken);
        await tenants.SetLimitsAsync(name, limits, cancellationToken);
        await GrainFactory.GetGrain<ITenantGrain>(GrainKeys.Tenant(name)).LimitsChanged(cancellationToken);
        logger.LogInformation("Changed the limits of tenant {Tenant} to {Limits}.", name, limits);
        return (await tenants.FindAsync(name, cancellationToken))!;
    }

    public async Task<ImmutableArray<UsageRow>> GetUsage(string? tenant, UsageQuery query, CancellationToken cancellationToken)
    {
        if (tenant is not null)
        {
            await RequireTenantAsync(tenant, cancellationToken);
        }

        return await usage.ReadAsync(tenant, query, cancellationToken);
    }

    public async Task<CreatedApiKey> CreateKey(string tenant, string label, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        await RequireTenantAsync(tenant, cancellationToken);
        RequireLabel(label);
        if (expiresAt <= time.GetUtcNow())
        {
            throw HerdException.Invalid("expires_at", "'expires_at' must lie in the future.");
        }

        string id;
        string secret;
        StoredKey key;
        do
        {
            id = KeySecrets.DrawId();
            secret = KeySecrets.Draw();
            key = NewKey(tenant, label, id, secret, expiresAt);
        }
        while (!await tenants.AddKeyAsync(key, cancellationToken));

        logger.LogInformation("Made key {KeyId} of tenant {Tenant}.", id, tenant);
        return new CreatedApiKey(key.Description, ApiKeyFormat.Format(id, secret));
    }

    public async Task<ApiKeyDescription> ImportKey(string tenant, string label, string key, CancellationToken cancellationToken)
    {
        await RequireTenantAsync(tenant, cancellationToken);
        RequireLabel(label);
        if (!ApiKeyFormat.TryParse(key, out var id, out var secret))
        {
            throw HerdException.Invalid("key", $"The key must be {ApiKeyFormat.Rule}.");
        }

        var imported = NewKey(tenant, label, id, secret);
        if (await tenants.AddKeyAsync(imported, cancellationToken))
        {
            logger.LogInformation("Imported key {KeyId} of tenant {Tenant}.", id, tenant);
            return imported.Description;
        }

        var present = await tenants.FindKeyAsync(id, cancellationToken);
        return present is not null && present.Tenant == tenant && KeySecrets.Matches(present, secret, time.GetUtcNow())
            ? present.Description
            : throw new HerdException(HerdErrorCode.AlreadyExists, $"The key id '{id}' is taken by another key, or was revoked. Choose another id.");
    }

    public async Task<ImmutableArray<ApiKeyDescription>> ListKeys(string tenant, CancellationToken cancellationToken)
    {
        await RequireTenantAsync(tenant, cancellationToken);
        return await tenants.ListKeysAsync(tenant, cancellationToken);
    }

    public async Task RevokeKey(string tenant, string keyId, CancellationToken cancellationToken)
    {
        await RequireTenantAsync(tenant, cancellationToken);
        if (!ApiKeyFormat.IsId(keyId) || !await tenants.RevokeKeyAsync(tenant, keyId, time.GetUtcNow(), cancellationToken))
        {
            throw HerdException.NotFound($"Key '{keyId}' of tenant '{tenant}'");
        }

        logger.LogInformation("Revoked key {KeyId} of tenant {Tenant}.", keyId, tenant);
    }

    private StoredKey NewKey(string tenant, string label, string id, string secret, DateTimeOffset? expiresAt = null) =>
        new(tenant, new ApiKeyDescription(id, label, time.GetUtcNow(), RevokedAt: null) { ExpiresAt = expiresAt }, KeySecrets.Hash(secret));

    private async Task RequireTenantAsync(string tenant, CancellationToken cancellationToken)
    {
        if (!GrainKeys.IsName(tenant) || await tenants.FindAsync(tenant, cancellationToken) is null)
        {
            throw HerdException.NotFound($"Tenant '{tenant}'");
        }
    }

    private static void RequireLabel(string label)
    {
        if (label is null || label.Length > MaxLabelLength || label.Any(char.IsControl))
        {
            throw HerdException.Invalid("label", $"'label' must be at most {MaxLabelLength} characters, and none of control.");
        }
    }
}
