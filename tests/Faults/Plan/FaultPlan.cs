namespace Herd.Faults.Plan;

/// <summary>An endless series of faults that a seed decides: rounds in which every kind of step comes once, in an order drawn anew for each.</summary>
/// <param name="seed">Decides everything.</param>
/// <param name="hasServer">Whether the database is a server, which can crash by itself.</param>
/// <param name="longestSleep">Most that a part sleeps.</param>
internal sealed class FaultPlan(int seed, bool hasServer, TimeSpan longestSleep)
{
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestAway = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(6);

    /// <summary>The steps, without an end.</summary>
    public IEnumerable<FaultStep> Steps()
    {
        var random = new Random(seed);
        (string Name, Func<Random, Fault[]> Draw)[] kinds = [.. Kinds()];
        for (var number = 1; ;)
        {
            random.Shuffle(kinds);
            foreach (var (name, draw) in kinds)
            {
                yield return new FaultStep(number++, Between(random, ShortestPause, LongestPause), name, draw(random));
            }
        }
    }

    private IEnumerable<(string Name, Func<Random, Fault[]> Draw)> Kinds()
    {
        yield return ("a silo killed", random => [Kill(random, Any(random, Part.Silos))]);
        yield return ("a gateway killed", random => [Kill(random, Any(random, Part.Gateways))]);
        yield return ("a silo asleep", random => [Suspend(random, Any(random, Part.Silos))]);
        yield return ("a gateway asleep", random => [Suspend(random, Any(random, Part.Gateways))]);
        yield return ("a silo asked to end", random => [new Fault(FaultKind.Terminate, Any(random, Part.Silos), Away(random))]);
        yield return ("a gateway asked to end", random => [new Fault(FaultKind.Terminate, Any(random, Part.Gateways), Away(random))]);
        yield return ("two silos killed", random => [.. Some(random, Part.Silos, 2).Select(part => Kill(random, part))]);
        yield return ("a silo and a gateway killed", random => [Kill(random, Any(random, Part.Silos)), Kill(random, Any(random, Part.Gateways))]);
        yield return ("a silo killed while another sleeps", random =>
        {
            var silos = Some(random, Part.Silos, 2);
            return [Kill(random, silos[0]), Suspend(random, silos[1])];
        });
        yield return ("everything killed", random =>
        {
            var away = Away(random);
            return [.. Part.Silos.Concat(Part.Gateways).Select(part => new Fault(FaultKind.Kill, part, away))];
        });
        if (hasServer)
        {
            yield return ("the database crashed", random => [Kill(random, Part.Database)]);
            yield return ("the database crashed and a silo killed", random => [Kill(random, Part.Database), Kill(random, Any(random, Part.Silos))]);
        }
    }

    private static Fault Kill(Random random, Part part) => new(FaultKind.Kill, part, Away(random));

    private Fault Suspend(Random random, Part part) => new(FaultKind.Suspend, part, Between(random, ShortestSleep, longestSleep));

    private static TimeSpan Away(Random random) => Between(random, TimeSpan.Zero, LongestAway);

    private static Part Any(Random random, IReadOnlyList<Part> parts) => parts[random.Next(parts.Count)];

    private static Part[] Some(Random random, IReadOnlyList<Part> parts, int count)
    {
        Part[] all = [.. parts];
        random.Shuffle(all);
        return all[..count];
    }

    private static TimeSpan Between(Random random, TimeSpan least, TimeSpan most) => least + ((most - least) * random.NextDouble());
}
