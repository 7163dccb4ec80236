namespace Herd.Silo.Adapters;

/// <summary>Names an alias of a tenant's adapter.</summary>
internal sealed record AliasKey(string Tenant, string Adapter, string Alias);
