using Herd.Faults.Clients;
using Herd.Faults.Findings;
using Herd.Faults.Histories;
using Herd.Faults.Injection;
using Herd.Testing.Cluster;

namespace Herd.Faults.Load;

/// <summary>What all workers of a run share.</summary>
internal sealed record LoadContext(int Seed, RunClock Clock, FaultLog Faults, FindingList Findings, RunCounts Counts, References References)
{
    /// <summary>Tries operations until they are done or have failed.</summary>
    public PersistentClient Client { get; } = new(Faults, Clock, Findings, Counts);
}

/// <summary>One client of a tenant that does one kind of thing again and again. The seed decides what it asks for, and the cluster how much of it there is time for.</summary>
internal abstract class Worker
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(300);

    private readonly string _name;
    private int _number;

    protected Worker(LoadContext context, LoadTenant tenant, string kind, int number)
    {
        (Context, Tenant, Label) = (context, tenant, $"{kind}-{number}");
        _name = $"tenant-{tenant.Number} {Label}";
        Random = new Random(SeedOf(context.Seed, _name));
    }

    protected LoadContext Context { get; }

    protected LoadTenant Tenant { get; }

    protected Random Random { get; }

    /// <summary>Tells it from the tenant's other workers.</summary>
    protected string Label { get; }

    /// <summary>Number of the thing that is done now.</summary>
    protected int Number => _number;

    /// <summary>How long it rests at most between two things.</summary>
    protected virtual TimeSpan Rest => LongestPause;

    /// <summary>Works until it is enough; what it has begun is brought to its end.</summary>
    /// <param name="enough">Ends the work.</param>
    /// <param name="abort">Ends the run.</param>
    public async Task RunAsync(CancellationToken enough, CancellationToken abort)
    {
        while (!enough.IsCancellationRequested)
        {
            _number++;
            await DoAsync(abort);
            await Task.Delay(Rest * Random.NextDouble(), enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Does it once.</summary>
    protected abstract Task DoAsync(CancellationToken abort);

    /// <summary>Begins an operation.</summary>
    /// <param name="kind">What kind it is, to be counted.</param>
    /// <param name="what">What is wanted.</param>
    protected Operation Begin(string kind, string what)
    {
        Context.Counts.Operation(kind);
        return new Operation(_name, what, Context.Clock);
    }

    /// <summary>A gateway to ask first.</summary>
    protected int AnyGateway() => Random.Next(HerdCluster.Gateways);

    /// <summary>One of some things.</summary>
    protected T Any<T>(IReadOnlyList<T> things) => things[Random.Next(things.Count)];

    /// <summary>Tries an operation through any gateway first.</summary>
    protected Task<bool> TryAsync(Operation operation, bool canGoOn, Func<AttemptWatch, Task<bool>> call, CancellationToken abort) =>
        Context.Client.TryAsync(operation, AnyGateway(), canGoOn, call, abort);

    /// <summary>Reports what is wrong with an answer, where something is.</summary>
    /// <returns>Whether it is right.</returns>
    protected bool IsRight(Operation operation, Answer expected, string? wrong)
    {
        if (wrong is null)
        {
            return true;
        }

        Context.Findings.Add(FindingKind.TokenWrong, operation, $"{expected.Ids.Count} tokens: '{expected.Text}'", wrong);
        return false;
    }

    // The framework's own is another one in every process.
    private static int SeedOf(int seed, string name) => name.Aggregate(seed, (hash, letter) => unchecked((hash * 31) + letter));
}
