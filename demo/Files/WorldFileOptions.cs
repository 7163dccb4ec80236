namespace Herd.Demo.Files;

/// <summary>How much of the world is written.</summary>
public sealed record WorldFileOptions
{
    /// <summary>Decides all that is written.</summary>
    /// <value>Default 1.</value>
    public long Seed { get; init; } = 1;

    /// <summary>Rows of each kind of training data.</summary>
    /// <value>Default 20,000.</value>
    public int Rows { get; init; } = 20_000;

    /// <summary>Pictures to train on.</summary>
    /// <value>Default 2,000.</value>
    public int Pictures { get; init; } = 2_000;

    /// <summary>Pictures of each test set, and instructions of each kind.</summary>
    /// <value>Default 100.</value>
    public int Tests { get; init; } = 100;
}
