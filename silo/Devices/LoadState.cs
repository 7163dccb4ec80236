namespace Herd.Silo.Devices;

/// <summary>How far the loading of the replicas is.</summary>
/// <param name="Stage">What is being done, in words for the operator.</param>
/// <param name="Fraction">0 to 1 of all.</param>
public sealed record LoadState(string Stage, double Fraction);
