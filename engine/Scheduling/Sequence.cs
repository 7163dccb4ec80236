using Herd.Engine.KvCache;

namespace Herd.Engine.Scheduling;

/// <summary>One generation as the scheduler sees it: integers only. Used by the device loop alone.</summary>
internal sealed class Sequence
{
    /// <summary>Makes a waiting sequence.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="promptIds">The prompt's ids, at least one.</param>
    /// <param name="key">What its keys and values depend on beside its tokens.</param>
    /// <param name="share">Its scope's share of the device beside other scopes' shares, at least 1.</param>
    public Sequence(long id, IEnumerable<int> promptIds, KvKey key, int share = 1)
    {
        Id = id;
        Tokens = [.. promptIds];
        PromptTokens = Tokens.Count;
        Key = key;
        Share = share;
    }

    /// <summary>Its number.</summary>
    public long Id { get; }

    /// <summary>What its keys and values depend on beside its tokens.</summary>
    public KvKey Key { get; }

    /// <summary>Its scope's share of the device beside other scopes' shares.</summary>
    public int Share { get; }

    /// <summary>How many of <see cref="Tokens"/> its scope has been charged for; those computed again are not charged again.</summary>
    public int Charged { get; set; }

    /// <summary>The adapter version it uses; null for the bare base.</summary>
    public string? Adapter => Key.Version;

    /// <summary>Prompt and generated ids.</summary>
    public List<int> Tokens { get; }

    /// <summary>How many of <see cref="Tokens"/> are prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>How many of <see cref="Tokens"/> have their keys and values in the cache.</summary>
    public int Computed { get; set; }

    /// <summary>Its blocks in the cache: those of <see cref="Prefix"/> and the tiles before it, then its own.</summary>
    public List<int> Blocks { get; } = [];

    /// <summary>The last of the prompt tiles that it shares with others, or may come to share; null for none.</summary>
    public PrefixTile? Prefix { get; set; }

    /// <summary>How many of its prompt's tokens were in the cache when it first began to run; null before.</summary>
    public int? ReusedTokens { get; set; }

    /// <summary>Its place in the adapter bank while it runs; 0 is the bare base.</summary>
    public int Slot { get; set; }

    /// <summary>Tokens that wait to be computed.</summary>
    public int Pending => Tokens.Count - Computed;

    /// <summary>Whether exactly the token generated last waits: the step is a decode, not a prompt chunk.</summary>
    public bool IsDecode => Pending == 1 && Tokens.Count > PromptTokens;
}
