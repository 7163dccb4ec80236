using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>What the frozen image encoder sees in pictures. Features of pictures that come again are kept, up to a number of bytes.</summary>
internal sealed class PictureFeatures(ClipEncoder encoder, long maximumBytes) : IDisposable
{
    private const string NoPicture = "";

    private readonly Dictionary<string, Tensor> _kept = [];
    private long _bytes;

    /// <summary>Features of a batch's pictures; a picture of zeros stands for none.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>[B, T, clipWidth], the encoder's type; belongs to the caller's scope.</returns>
    public Tensor Of(TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        string?[] keys = [.. batch.Examples.Select(example => example.Picture is { } picture ? picture.Key : NoPicture)];
        long[] missing = [.. Enumerable.Range(0, batch.Count).Where(index => keys[index] is null || !_kept.ContainsKey(keys[index]!)).Select(index => (long)index)];
        var encoded = missing.Length == 0 ? null : encoder.Encode(batch.Pixels(encoder.ImageSize).index_select(0, tensor(missing))); // [n, T, clipWidth]
        var fresh = Enumerable.Range(0, missing.Length).ToDictionary(place => (int)missing[place], place => encoded!.narrow(0, place, 1));
        var features = cat([.. Enumerable.Range(0, batch.Count).Select(index => fresh.TryGetValue(index, out var found) ? found : _kept[keys[index]!])], 0);
        foreach (var (index, found) in fresh)
        {
            Keep(keys[index], found);
        }

        return features.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _kept.Values)
        {
            tensor.Dispose();
        }
    }

    private void Keep(string? key, Tensor features)
    {
        var bytes = features.NumberOfElements * features.ElementSize;
        if (key is not null && _bytes + bytes <= maximumBytes && !_kept.ContainsKey(key))
        {
            _kept.Add(key, features.clone().DetachFromDisposeScope());
            _bytes += bytes;
        }
    }
}
