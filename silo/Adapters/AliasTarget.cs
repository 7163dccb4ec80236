namespace Herd.Silo.Adapters;

/// <summary>An alias of an adapter, and a version it is to point to.</summary>
internal sealed record AliasTarget(string Tenant, string Adapter, string Alias, string Version);
