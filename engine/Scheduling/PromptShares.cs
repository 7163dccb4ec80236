namespace Herd.Engine.Scheduling;

/// <summary>Divides a step's room among the prompts under way: each scope gets its share first, oldest prompt first; what is left goes to the oldest of all.</summary>
internal static class PromptShares
{
    /// <summary>Divides.</summary>
    /// <param name="prompts">Sequences whose prompts are under way, oldest first.</param>
    /// <param name="budget">Most tokens altogether.</param>
    /// <returns>What each computes; those that get nothing are left out.</returns>
    public static IReadOnlyList<PlannedChunk> Divide(IReadOnlyList<Sequence> prompts, int budget)
    {
        var counts = new int[prompts.Count];
        var left = budget;
        var scopes = prompts.Index().GroupBy(prompt => prompt.Item.Key.Scope).ToArray();
        var shares = scopes.Sum(scope => (long)scope.First().Item.Share);
        foreach (var scope in scopes)
        {
            Give(scope, (int)(budget * (long)scope.First().Item.Share / shares));
        }

        Give(prompts.Index(), left);
        return [.. prompts.Zip(counts, (prompt, count) => new PlannedChunk(prompt, count)).Where(chunk => chunk.Count > 0)];

        void Give(IEnumerable<(int Index, Sequence Prompt)> receivers, int room)
        {
            foreach (var (index, prompt) in receivers)
            {
                var count = Fit(prompt, counts[index] + room) - counts[index];
                counts[index] += count;
                room -= count;
                left -= count;
            }
        }
    }

    /// <summary>How much of a prompt fits: only whole tiles, for how a prompt is cut must not depend on what shares its steps.</summary>
    /// <param name="prompt">The sequence.</param>
    /// <param name="budget">Most tokens.</param>
    /// <returns>The tokens; 0 where no whole tile fits.</returns>
    public static int Fit(Sequence prompt, int budget) => Math.Max(
        0, PromptTiles.Border(prompt.Computed + Math.Min(prompt.Pending, budget), prompt.PromptTokens) - prompt.Computed);
}
