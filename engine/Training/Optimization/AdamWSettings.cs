namespace Herd.Engine.Training.Optimization;

/// <summary>Constants of AdamW; the defaults are the official ones.</summary>
/// <param name="Beta1">What the mean of gradients keeps of its value in a step, from 0 to below 1.</param>
/// <param name="Beta2">What the mean of their squares keeps, likewise.</param>
/// <param name="Epsilon">Added to the root of that mean.</param>
public sealed record AdamWSettings(double Beta1 = 0.9, double Beta2 = 0.95, double Epsilon = 1e-8);
