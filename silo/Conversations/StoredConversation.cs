using Herd.Contracts.Conversations;

namespace Herd.Silo.Conversations;

/// <summary>The row of a conversation.</summary>
internal sealed record StoredConversation
{
    internal required string Tenant { get; init; }

    internal required string Id { get; init; }

    internal required string Model { get; init; }

    internal string? System { get; init; }

    internal ContextOverflow Overflow { get; init; }

    /// <summary>Which activation may write; one with an older number is refused.</summary>
    internal required long Epoch { get; init; }

    internal required DateTimeOffset CreatedAt { get; init; }
}
