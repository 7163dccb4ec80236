using Herd.Engine.Training.Data;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>Examples side by side, padded on the right: causal attention never looks at the padding, and the loss leaves it out.</summary>
/// <remarks>Its tensors belong to the scope that is open when it is made.</remarks>
internal sealed class TrainingBatch
{
    private readonly Device _device;

    /// <summary>Makes the tensors.</summary>
    /// <param name="examples">The examples, at least one.</param>
    /// <param name="device">The device.</param>
    public TrainingBatch(IReadOnlyList<TrainingExample> examples, Device device)
    {
        (Examples, _device) = (examples, device);
        Length = examples.Max(example => example.Ids.Length);
        var ids = new long[examples.Count * Length];
        var (rows, targets, weights) = (new List<long>(), new List<long>(), new List<float>());
        for (var index = 0; index < examples.Count; index++)
        {
            var (example, first) = (examples[index], index * Length);
            for (var position = 0; position < example.Ids.Length; position++)
            {
                ids[first + position] = example.Ids[position];
                if (position > 0 && example.Weights[position] > 0)
                {
                    rows.Add(first + position - 1);
                    targets.Add(example.Ids[position]);
                    weights.Add(example.Weights[position]);
                }
            }
        }

        Ids = tensor(ids, device: device);
        Positions = tensor(Enumerable.Range(0, examples.Count).SelectMany(_ => Enumerable.Range(0, Length)).Select(position => (long)position).ToArray(), device: device);
        PredictingRows = tensor(rows.ToArray(), device: device);
        Targets = tensor(targets.ToArray(), device: device);
        TargetWeights = tensor(weights.ToArray(), device: device);
        TotalWeight = examples.Sum(example => example.PredictedWeight);
    }

    /// <summary>The examples.</summary>
    public IReadOnlyList<TrainingExample> Examples { get; }

    /// <summary>Number of examples.</summary>
    public int Count => Examples.Count;

    /// <summary>Positions of each, padding included.</summary>
    public int Length { get; }

    /// <summary>Token ids row by row, [examples * length], int64; 0 in the padding.</summary>
    public Tensor Ids { get; }

    /// <summary>Position of each row, [examples * length], int64.</summary>
    public Tensor Positions { get; }

    /// <summary>The rows whose next token counts in the loss, [n], int64.</summary>
    public Tensor PredictingRows { get; }

    /// <summary>The tokens behind them, [n], int64.</summary>
    public Tensor Targets { get; }

    /// <summary>What they count, [n], Float32.</summary>
    public Tensor TargetWeights { get; }

    /// <summary>Sum of the weights; 0 where nothing is to be predicted.</summary>
    public double TotalWeight { get; }

    /// <summary>Whether some example has a picture.</summary>
    public bool HasPictures => Examples.Any(example => example.Picture is not null);

    /// <summary>Whether every example has a picture.</summary>
    public bool AllHavePictures => Examples.All(example => example.Picture is not null);

    /// <summary>1 for an example with a picture and 0 for one without, [examples, 1, 1, 1], Float32.</summary>
    /// <returns>A fresh tensor.</returns>
    public Tensor Presence() => tensor(Examples.Select(example => example.Picture is null ? 0f : 1f).ToArray(), [Count, 1, 1, 1], device: _device);

    /// <summary>The pictures; all zeros stand for none.</summary>
    /// <param name="side">Their side.</param>
    /// <returns>[examples, 3, side, side], Float32, fresh.</returns>
    public Tensor Pixels(int side) => PicturePixels.Stack([.. Examples.Select(example => example.Picture)], side, _device);
}
