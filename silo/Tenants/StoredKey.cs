using Herd.Contracts.Tenants;

namespace Herd.Silo.Tenants;

/// <summary>An API key as it is stored: its secret only as a hash.</summary>
internal sealed record StoredKey(string Tenant, ApiKeyDescription Description, byte[] SecretHash);
