namespace Herd.Engine.Checkpoints;

/// <summary>Finds the name somebody may have meant.</summary>
internal static class NearestName
{
    private const int LongestName = 128;
    private const int MostCandidates = 10_000;

    /// <summary>The candidate with the fewest changed letters, or null where none is near.</summary>
    internal static string? Find(string name, IEnumerable<string> candidates)
    {
        string? nearest = null;
        var distance = name.Length / 3 + 1;
        foreach (var candidate in candidates.Take(MostCandidates).Where(candidate => Math.Max(candidate.Length, name.Length) <= LongestName))
        {
            var found = Distance(name, candidate);
            if (found < distance)
            {
                (nearest, distance) = (candidate, found);
            }
        }

        return nearest;
    }

    /// <summary>Levenshtein distance, one row at a time.</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
