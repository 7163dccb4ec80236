using Herd.Testing.Cluster;

namespace Herd.Faults.Plan;

/// <summary>Kinds of what a cluster is made of.</summary>
internal enum PartKind
{
    Silo,
    Gateway,
    Database,
}

/// <summary>A part of the cluster.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Index">Which of them.</param>
internal readonly record struct Part(PartKind Kind, int Index)
{
    public static Part Database { get; } = new(PartKind.Database, 0);

    public static IReadOnlyList<Part> Silos { get; } = [.. Enumerable.Range(0, HerdCluster.Silos).Select(Silo)];

    public static IReadOnlyList<Part> Gateways { get; } = [.. Enumerable.Range(0, HerdCluster.Gateways).Select(Gateway)];

    public static Part Silo(int index) => new(PartKind.Silo, index);

    public static Part Gateway(int index) => new(PartKind.Gateway, index);

    public override string ToString() => Kind == PartKind.Database ? "database" : $"{(Kind == PartKind.Silo ? "silo" : "gateway")}-{Index}";
}
