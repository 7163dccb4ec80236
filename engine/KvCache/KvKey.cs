namespace Herd.Engine.KvCache;

/// <summary>What keys and values depend on beside the tokens up to theirs. Cached ones are shared under an equal key only.</summary>
/// <param name="Scope">The owner: nothing is shared across owners, so that timing tells nobody anything.</param>
/// <param name="Version">The adapter version's digest; null for the bare base.</param>
/// <param name="Picture">The picture's digest; null for none.</param>
internal sealed record KvKey(string Scope, string? Version, string? Picture);
