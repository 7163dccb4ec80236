using Herd.Engine.Adapters;

namespace Herd.Engine.Model;

/// <summary>The part of one sequence that a step computes.</summary>
internal sealed record Segment
{
    /// <summary>The ids to compute, in order.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Tokens of the sequence whose keys and values are in the cache already: the position of the first id.</summary>
    public required int Past { get; init; }

    /// <summary>The sequence's blocks, with room for past and new tokens.</summary>
    public required IReadOnlyList<int> Blocks { get; init; }

    /// <summary>Its adapter's slot; 0 is the bare base.</summary>
    public int Slot { get; init; }

    /// <summary>Its adapter's prompts under its picture; null for an adapter without prompts.</summary>
    public PromptKeyValues? Prompts { get; init; }

    /// <summary>Length of the sequence's prompt; later ids were generated.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Whether this is the token generated last, rather than a part of the prompt or of what is computed again.</summary>
    public bool IsDecode => Ids.Count == 1 && Past >= PromptTokens;
}
