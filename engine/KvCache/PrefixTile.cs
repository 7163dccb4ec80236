namespace Herd.Engine.KvCache;

/// <summary>A run of prompt tokens whose keys and values are in the cache, behind those of its parent. Compared by reference.</summary>
/// <param name="place">Where it stands.</param>
/// <param name="blocks">Its blocks, which nobody writes to any more.</param>
internal sealed class PrefixTile(PrefixPlace place, IReadOnlyList<int> blocks)
{
    /// <summary>Where it stands.</summary>
    public PrefixPlace Place { get; } = place;

    /// <summary>Its blocks in order.</summary>
    public IReadOnlyList<int> Blocks { get; } = blocks;

    /// <summary>Number of tiles from the prompt's beginning up to this one.</summary>
    public int Depth { get; } = (place.Parent?.Depth ?? 0) + 1;

    /// <summary>Sequences that use it; whoever does uses its parents too.</summary>
    public int Uses { get; set; }

    /// <summary>Its place among the tiles that nobody uses; null while somebody does.</summary>
    public LinkedListNode<PrefixTile>? IdlePlace { get; set; }

    /// <summary>This tile and those before it, the first of the prompt last.</summary>
    /// <returns>The tiles.</returns>
    public IEnumerable<PrefixTile> Chain()
    {
        for (var tile = this; tile is not null; tile = tile.Place.Parent)
        {
            yield return tile;
        }
    }
}

/// <summary>What makes two tiles the same one: key, all tokens before, and own tokens. Tokens are compared themselves, so no two prompts are ever mixed up.</summary>
/// <param name="Key">What they depend on beside tokens.</param>
/// <param name="Parent">The tile before; null for the first of a prompt.</param>
/// <param name="Ids">The tokens.</param>
internal readonly record struct PrefixPlace(KvKey Key, PrefixTile? Parent, int[] Ids)
{
    /// <inheritdoc/>
    public bool Equals(PrefixPlace other) => ReferenceEquals(Parent, other.Parent) && Key == other.Key && Ids.AsSpan().SequenceEqual(other.Ids);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Seeded anew in every process: nobody can choose prompts whose hashes collide.
        var hash = default(HashCode);
        hash.Add(Key);
        hash.Add(Parent);
        foreach (var id in Ids)
        {
            hash.Add(id);
        }

        return hash.ToHashCode();
    }
}
