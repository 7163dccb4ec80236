using System.Diagnostics;

namespace Herd.Fuzz;

/// <summary>Shares inputs out over readers and processes, and tells what came of them.</summary>
internal sealed class Campaign(IReadOnlyList<FuzzTarget> targets, int seed, long first, int parallel)
{
    private const long SliceInputs = 5_000;
    private const int MostShown = 20;
    private const int LongestFinding = 300;

    /// <summary>Runs it.</summary>
    /// <param name="count">Inputs in all.</param>
    /// <param name="folder">Where inputs with findings go.</param>
    /// <param name="output">Where it is told.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>0, or 1 where something was found.</returns>
    public async Task<int> RunAsync(long count, string folder, TextWriter output, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var outcomes = new List<Outcome>();
        await Parallel.ForEachAsync(Slices(count), new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken }, async (slice, stop) =>
        {
            var outcome = await Worker.RunAsync(slice.Target.Name, seed, slice.First, slice.Count, stop);
            lock (outcomes)
            {
                outcomes.Add(outcome);
            }
        });
        await output.WriteLineAsync("reader              inputs   refused   inputs/s  slowest ms  allocated MiB  resident MiB  findings");
        foreach (var target in targets)
        {
            await output.WriteLineAsync(Line(target.Name, [.. outcomes.Where(outcome => outcome.Target == target.Name)]));
        }

        await output.WriteLineAsync(Line("all", outcomes) + $"  in {watch.Elapsed.TotalSeconds:F0} s");
        var findings = outcomes.SelectMany(outcome => outcome.Findings).ToList();
        foreach (var finding in findings.Take(MostShown))
        {
            await output.WriteLineAsync($"{finding.Target}: {finding.What[..Math.Min(finding.What.Length, LongestFinding)]}\n  again: --target {finding.Target} --seed {finding.Seed} --first {finding.Index} --count 1; saved as {Save(finding, folder)}");
        }

        return findings.Count > 0 ? 1 : 0;
    }

    private IEnumerable<(FuzzTarget Target, long First, long Count)> Slices(long count)
    {
        var shares = targets.Sum(target => target.Share);
        foreach (var target in targets)
        {
            var inputs = Math.Max(1, count * target.Share / shares);
            for (long done = 0; done < inputs; done += SliceInputs)
            {
                yield return (target, first + done, Math.Min(SliceInputs, inputs - done));
            }
        }
    }

    private static string Line(string name, List<Outcome> outcomes)
    {
        var inputs = outcomes.Sum(outcome => outcome.Inputs);
        var rate = inputs / Math.Max(outcomes.Sum(outcome => outcome.Seconds), 1e-6);
        var findings = outcomes.Sum(outcome => outcome.Findings.Count);
        return outcomes.Count == 0
            ? $"{name,-18} {0,8}"
            : $"{name,-18} {inputs,8} {outcomes.Sum(outcome => outcome.Refused),9} {rate,10:F0} {outcomes.Max(outcome => outcome.SlowestMilliseconds),11:F1} "
              + $"{outcomes.Max(outcome => outcome.MostAllocated) / 1048576.0,14:F1} {outcomes.Max(outcome => outcome.PeakResident) / 1048576.0,13:F0} {findings,9}";
    }

    private string Save(Finding finding, string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{finding.Target}-{finding.Seed}-{finding.Index}");
        File.WriteAllBytes(path, new Attack(targets.Single(target => target.Name == finding.Target), finding.Seed).Input(finding.Index));
        return path;
    }
}
