using Herd.Demo.Randomness;
using Herd.Demo.Scenes;

namespace Herd.Demo.Pictures;

/// <summary>Some pictures to try a model with: scenes that no training row has, named by what they show, and a sign.</summary>
public static class ShownPictures
{
    private const int Seed = 77;
    private const string Sign = "STOP";

    private static readonly int[] Counts = [1, 2, 2, 3, 3, 3];

    /// <summary>Writes them as PNG files.</summary>
    /// <param name="folder">The folder; made where it is missing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        for (var number = 0; number < Counts.Length; number++)
        {
            var random = new WorldRandom(Seed, "shown pictures", number);
            var picture = new WorldPicture($"shown {number}", SceneDraw.HeldOut(random, Counts[number]), random);
            var name = picture.Scene.Caption.Replace(",", "", StringComparison.Ordinal).Replace(' ', '-');
            await File.WriteAllBytesAsync(Path.Combine(folder, name + ".png"), picture.ToPng(), cancellationToken).ConfigureAwait(false);
        }

        await File.WriteAllBytesAsync(Path.Combine(folder, "sign.png"), SignPicture.Draw(SignPicture.Clear, Sign), cancellationToken).ConfigureAwait(false);
    }
}
