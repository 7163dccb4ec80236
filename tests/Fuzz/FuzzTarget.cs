namespace Herd.Fuzz;

/// <summary>A reader of foreign files under attack.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Make">Makes an input by chance: a sound file, changed.</param>
/// <param name="Read">Reads it. May throw an engine's error; nothing else.</param>
internal sealed record FuzzTarget(string Name, Func<Random, byte[]> Make, Action<byte[]> Read)
{
    /// <summary>Most bytes that reading may allocate on the managed heap, beside <see cref="AllocatedPerByte"/>.</summary>
    public long Allocated { get; init; } = 16 << 20;

    /// <summary>Further bytes that reading may allocate for each byte of the input.</summary>
    public long AllocatedPerByte { get; init; } = 200;

    /// <summary>How many inputs it gets, beside the other targets.</summary>
    public int Share { get; init; } = 1;
}
