using Herd.Contracts.Tenants;

namespace Herd.Gateway.Usage;

/// <summary>What one key used within one period.</summary>
internal sealed record UsageRowBody(
    string Tenant,
    string KeyId,
    DateTimeOffset Start,
    long Requests,
    long PromptTokens,
    long CachedTokens,
    long GeneratedTokens,
    long Pictures)
{
    /// <summary>The body of a row.</summary>
    /// <param name="row">The row.</param>
    /// <returns>The body.</returns>
    public static UsageRowBody Of(UsageRow row) => new(
        row.Tenant, row.KeyId, row.Start, row.Requests, row.PromptTokens, row.CachedTokens, row.GeneratedTokens, row.Pictures);
}

/// <summary>A page of usage, oldest first.</summary>
internal sealed record UsageListBody(IReadOnlyList<UsageRowBody> Data, string? NextPageToken)
{
    /// <summary>What OpenAI calls such a body.</summary>
    public string Object { get; } = "list";
}
