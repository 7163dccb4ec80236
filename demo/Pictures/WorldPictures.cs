using Herd.Demo.Randomness;
using Herd.Demo.Scenes;

namespace Herd.Demo.Pictures;

/// <summary>The pictures that are trained on: each made from seed and number alone when it is first asked for, then kept, none of a held-out scene.</summary>
/// <param name="seed">The run's seed.</param>
/// <param name="count">How many there are, at least 1. A number that fits the memory lets the encoder's features be kept.</param>
public sealed class WorldPictures(long seed, int count)
{
    private const string Stream = "pictures";

    private readonly WorldPicture?[] _made = new WorldPicture?[count > 0 ? count : 0]; // two threads may make the same one, which is the same

    /// <summary>How many there are.</summary>
    public int Count { get; } = count > 0 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, "There must be a picture.");

    /// <summary>A picture.</summary>
    /// <param name="number">From 0 to below <see cref="Count"/>.</param>
    /// <returns>The picture.</returns>
    public WorldPicture this[int number]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)number, (uint)Count, nameof(number));
            return _made[number] ??= Make(number);
        }
    }

    /// <summary>The picture that a row of an endless stream has.</summary>
    internal WorldPicture Any(long order, long row) => this[new WorldRandom(order, "order of pictures", row).Below(Count)];

    private WorldPicture Make(int number)
    {
        var random = new WorldRandom(seed, Stream, number);
        return new WorldPicture($"world {seed} {number}", SceneDraw.Training(random), random);
    }
}
