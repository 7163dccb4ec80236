namespace Herd.Contracts.Tenants;

/// <summary>How finely usage is told.</summary>
public enum UsagePeriod
{
    /// <summary>By the hour.</summary>
    Hour,

    /// <summary>By the day, in UTC.</summary>
    Day,
}

/// <summary>Which usage is asked for.</summary>
/// <param name="From">Beginning; rounded down to a period.</param>
/// <param name="To">End, not included.</param>
/// <param name="Period">How finely.</param>
/// <param name="Count">Most rows, at most <see cref="MostRows"/>.</param>
[GenerateSerializer, Immutable, Alias("herd.UsageQuery")]
public sealed record UsageQuery(
    [property: Id(0)] DateTimeOffset From,
    [property: Id(1)] DateTimeOffset To,
    [property: Id(2)] UsagePeriod Period,
    [property: Id(3)] int Count)
{
    /// <summary>Most rows of one answer.</summary>
    public const int MostRows = 10_000;

    /// <summary>Behind which row to go on; null to begin.</summary>
    [Id(4)]
    public UsageCursor? After { get; init; }
}

/// <summary>Where a page of usage ends, oldest first.</summary>
/// <param name="Start">Beginning of its last row's period.</param>
/// <param name="Tenant">That row's tenant.</param>
/// <param name="KeyId">That row's key.</param>
[GenerateSerializer, Immutable, Alias("herd.UsageCursor")]
public sealed record UsageCursor([property: Id(0)] DateTimeOffset Start, [property: Id(1)] string Tenant, [property: Id(2)] string KeyId);

/// <summary>What one key of a tenant used within one period. A request belongs to the period in which it was let in.</summary>
[GenerateSerializer, Immutable, Alias("herd.UsageRow")]
public sealed record UsageRow
{
    /// <summary>The tenant.</summary>
    [Id(0)]
    public required string Tenant { get; init; }

    /// <summary>Id of the key; <see cref="CallerContext.TokenKey"/> for signed tokens.</summary>
    [Id(1)]
    public required string KeyId { get; init; }

    /// <summary>Beginning of the period.</summary>
    [Id(2)]
    public required DateTimeOffset Start { get; init; }

    /// <summary>Requests that began to be answered.</summary>
    [Id(3)]
    public long Requests { get; init; }

    /// <summary>Tokens of their prompts; a prompt with several answers counts once.</summary>
    [Id(4)]
    public long PromptTokens { get; init; }

    /// <summary>How many of them were in a replica's cache.</summary>
    [Id(5)]
    public long CachedTokens { get; init; }

    /// <summary>Tokens of all answers.</summary>
    [Id(6)]
    public long GeneratedTokens { get; init; }

    /// <summary>Pictures that came with them.</summary>
    [Id(7)]
    public long Pictures { get; init; }
}
