using Herd.Faults.Plan;

namespace Herd.Faults;

/// <summary>What a run is to be.</summary>
internal sealed record RunSettings
{
    /// <summary>Decides the faults and what clients ask for.</summary>
    public required int Seed { get; init; }

    /// <summary>How long load and faults last.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>What the gateways are to the cluster: <c>member</c> or <c>client</c>.</summary>
    public string Mode { get; init; } = "member";

    /// <summary>Whether the database is PostgreSQL, and not SQLite.</summary>
    public bool IsOnPostgres { get; init; }

    /// <summary>How many tenants have clients.</summary>
    public int Tenants { get; init; } = 2;

    /// <summary>Most that a part sleeps.</summary>
    public TimeSpan LongestSleep { get; init; } = TimeSpan.FromSeconds(35);

    /// <summary>Where the processes' logs go; they are kept only where something was found.</summary>
    public required string LogFolder { get; init; }

    /// <summary>What is done to the cluster.</summary>
    public FaultPlan Plan => new(Seed, IsOnPostgres, LongestSleep);

    public override string ToString() => $"seed {Seed}, {Mode}, {(IsOnPostgres ? "postgresql" : "sqlite")}, {Length.TotalMinutes:0.#} minutes, {Tenants} tenants";
}
