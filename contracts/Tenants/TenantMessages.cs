namespace Herd.Contracts.Tenants;

/// <summary>A tenant as the administrator sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Limits">What it may use.</param>
/// <param name="CreatedAt">When it was made.</param>
[GenerateSerializer, Immutable, Alias("herd.TenantDescription")]
public sealed record TenantDescription(
    [property: Id(0)] string Name,
    [property: Id(1)] TenantLimits Limits,
    [property: Id(2)] DateTimeOffset CreatedAt);

/// <summary>An API key without its secret.</summary>
/// <param name="Id">The id inside the key.</param>
/// <param name="Label">What it is for.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="RevokedAt">When it was revoked; null while it works.</param>
[GenerateSerializer, Immutable, Alias("herd.ApiKeyDescription")]
public sealed record ApiKeyDescription(
    [property: Id(0)] string Id,
    [property: Id(1)] string Label,
    [property: Id(2)] DateTimeOffset CreatedAt,
    [property: Id(3)] DateTimeOffset? RevokedAt)
{
    /// <summary>When it stops working by itself; null for never.</summary>
    [Id(4)]
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A new API key; the secret is shown this once.</summary>
/// <param name="Description">The key without its secret.</param>
/// <param name="Key">The whole key, <c>herd_id_secret</c>.</param>
[GenerateSerializer, Immutable, Alias("herd.CreatedApiKey")]
public sealed record CreatedApiKey([property: Id(0)] ApiKeyDescription Description, [property: Id(1)] string Key);

/// <summary>Who a key belongs to.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="KeyId">The key's id.</param>
[GenerateSerializer, Immutable, Alias("herd.KeyIdentity")]
public sealed record KeyIdentity([property: Id(0)] string Tenant, [property: Id(1)] string KeyId)
{
    /// <summary>When the key stops working by itself, and nobody may remember it any longer; null for never.</summary>
    [Id(2)]
    public DateTimeOffset? ExpiresAt { get; init; }
}
