namespace Herd.Engine.Scheduling;

/// <summary>
/// Where a sequence may be cut. Rows of a tile attend in one product, which gives a row other bits when more or fewer rows are in it; so tiles follow from the
/// sequence alone: a prompt in tiles of <see cref="Tokens"/>, every generated token by itself, whether it is computed for the first time or again.
/// </summary>
internal static class PromptTiles
{
    /// <summary>Tokens of a whole tile: a multiple of a cache block, few enough to share a step with others.</summary>
    public const int Tokens = 64;

    /// <summary>The end of the tile that holds a position.</summary>
    /// <param name="position">The position.</param>
    /// <param name="promptTokens">Length of the sequence's prompt.</param>
    /// <returns>The position behind the tile's last.</returns>
    public static int End(int position, int promptTokens) =>
        position >= promptTokens ? position + 1 : Math.Min(promptTokens, ((position / Tokens) + 1) * Tokens);

    /// <summary>The last place at or before a position at which one tile ends and the next begins.</summary>
    /// <param name="position">The position.</param>
    /// <param name="promptTokens">Length of the sequence's prompt.</param>
    /// <returns>The place.</returns>
    public static int Border(int position, int promptTokens) => position >= promptTokens ? position : position / Tokens * Tokens;
}
