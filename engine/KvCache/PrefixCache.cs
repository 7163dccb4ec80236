namespace Herd.Engine.KvCache;

/// <summary>
/// Prompt tiles that are kept for later sequences with the same key and the same leading tokens. Those nobody uses can be evicted, least recently used first, the
/// end of a prompt before its beginning. Integers only; single-threaded.
/// </summary>
internal sealed class PrefixCache
{
    private readonly Dictionary<PrefixPlace, PrefixTile> _tiles = [];

    // A tile is used whenever one behind it is, and given back after it: so the first of the list never has others behind it.
    private readonly LinkedList<PrefixTile> _leastRecentFirst = new();

    /// <summary>All tiles, in use or not.</summary>
    public IReadOnlyCollection<PrefixTile> Tiles => _tiles.Values;

    /// <summary>Blocks of tiles that nobody uses.</summary>
    public int IdleBlocks { get; private set; }

    /// <summary>Tiles evicted since the start.</summary>
    public long Evictions { get; private set; }

    /// <summary>Looks a tile up; it is neither held nor counted as used.</summary>
    /// <param name="place">Where it stands.</param>
    /// <returns>The tile, or null.</returns>
    public PrefixTile? Find(PrefixPlace place) => _tiles.GetValueOrDefault(place);

    /// <summary>Takes a tile in that is not there yet, held once.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="blocks">Its blocks; they are the cache's from here on.</param>
    /// <returns>The tile.</returns>
    public PrefixTile Add(PrefixPlace place, IReadOnlyList<int> blocks)
    {
        var tile = new PrefixTile(place, blocks) { Uses = 1 };
        _tiles.Add(place, tile);
        return tile;
    }

    /// <summary>Holds a tile; the caller holds its parents too.</summary>
    /// <param name="tile">The tile.</param>
    public void Hold(PrefixTile tile)
    {
        if (tile.Uses++ == 0)
        {
            _leastRecentFirst.Remove(tile.IdlePlace!);
            tile.IdlePlace = null;
            IdleBlocks -= tile.Blocks.Count;
        }
    }

    /// <summary>Gives holds on a tile and all its parents back.</summary>
    /// <param name="last">The tile.</param>
    public void Release(PrefixTile last)
    {
        foreach (var tile in last.Chain())
        {
            if (--tile.Uses == 0)
            {
                tile.IdlePlace = _leastRecentFirst.AddLast(tile);
                IdleBlocks += tile.Blocks.Count;
            }
        }
    }

    /// <summary>Drops the tile that nobody has used for longest.</summary>
    /// <returns>Its blocks, the caller's from here on.</returns>
    /// <exception cref="InvalidOperationException">All tiles are in use.</exception>
    public IReadOnlyList<int> Evict()
    {
        var tile = _leastRecentFirst.First?.Value ?? throw new InvalidOperationException("All prompt tiles are in use.");
        _leastRecentFirst.RemoveFirst();
        _tiles.Remove(tile.Place);
        IdleBlocks -= tile.Blocks.Count;
        Evictions++;
        return tile.Blocks;
    }
}
