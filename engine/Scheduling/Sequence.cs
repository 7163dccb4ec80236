namespace Herd.Engine.Scheduling;

/// <summary>One generation as the scheduler sees it: integers only. Used by the device loop alone.</summary>
internal sealed class Sequence
{
    /// <summary>Makes a waiting sequence.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="promptIds">The prompt's ids, at least one.</param>
    /// <param name="adapter">The adapter version's digest; null for the bare base.</param>
    public Sequence(long id, IEnumerable<int> promptIds, string? adapter)
    {
        Id = id;
        Tokens = [.. promptIds];
        PromptTokens = Tokens.Count;
        Adapter = adapter;
    }

    /// <summary>Its number.</summary>
    public long Id { get; }

    /// <summary>The adapter version it uses; null for the bare base.</summary>
    public string? Adapter { get; }

    /// <summary>Prompt and generated ids.</summary>
    public List<int> Tokens { get; }

    /// <summary>How many of <see cref="Tokens"/> are prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>How many of <see cref="Tokens"/> have their keys and values in the cache.</summary>
    public int Computed { get; set; }

    /// <summary>Its blocks in the cache.</summary>
    public List<int> Blocks { get; } = [];

    /// <summary>Its place in the adapter bank while it runs; 0 is the bare base.</summary>
    public int Slot { get; set; }

    /// <summary>Tokens that wait to be computed.</summary>
    public int Pending => Tokens.Count - Computed;

    /// <summary>Whether exactly the token generated last waits: the step is a decode, not a prompt chunk.</summary>
    public bool IsDecode => Pending == 1 && Tokens.Count > PromptTokens;
}
