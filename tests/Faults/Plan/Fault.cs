namespace Herd.Faults.Plan;

/// <summary>What can be done to a part.</summary>
internal enum FaultKind
{
    /// <summary>Ended at once (SIGKILL, a crash of the database), and started again later.</summary>
    Kill,

    /// <summary>Asked to end (SIGTERM), and started again later.</summary>
    Terminate,

    /// <summary>Stopped (SIGSTOP), and let go on later.</summary>
    Suspend,
}

/// <summary>Something done to one part.</summary>
/// <param name="Kind">What.</param>
/// <param name="Part">To which.</param>
/// <param name="Away">How long it sleeps, or stays away once it has ended.</param>
internal sealed record Fault(FaultKind Kind, Part Part, TimeSpan Away)
{
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()} {Part} for {Away.TotalSeconds:F1} s";
}

/// <summary>What is done at one time.</summary>
/// <param name="Number">Its place in the plan, from 1.</param>
/// <param name="Pause">How long the cluster is left alone before.</param>
/// <param name="Name">What kind of step it is.</param>
/// <param name="Faults">What is done.</param>
internal sealed record FaultStep(int Number, TimeSpan Pause, string Name, IReadOnlyList<Fault> Faults)
{
    public override string ToString() => $"{Number}. {Name}: {string.Join(", ", Faults)}";
}
