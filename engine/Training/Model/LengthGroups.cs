using Herd.Engine.Training.Data;

namespace Herd.Engine.Training.Model;

/// <summary>Splits a batch so that little of it is padding.</summary>
internal static class LengthGroups
{
    // A row at least so long, as a share of its group's longest, stays in the group: more groups pad less and multiply smaller matrices.
    private const double Fill = 0.75;

    /// <summary>Groups of rows of similar length, the longest first.</summary>
    /// <param name="examples">The batch.</param>
    /// <returns>Every example once; those of one length keep their order.</returns>
    public static IEnumerable<IReadOnlyList<TrainingExample>> Of(IReadOnlyList<TrainingExample> examples)
    {
        var group = new List<TrainingExample>();
        foreach (var example in examples.OrderByDescending(example => example.Ids.Length))
        {
            if (group.Count > 0 && example.Ids.Length < Fill * group[0].Ids.Length)
            {
                yield return group;
                group = [];
            }

            group.Add(example);
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }
}
