using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Execution;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Reads the matrices of the blocks, one at a time, in the form they are kept in.</summary>
/// <param name="folder">The base.</param>
/// <param name="reader">Its weights.</param>
/// <param name="weights">How they are kept where they are stored in 16 or 32 bits.</param>
/// <param name="dtype">The model's type.</param>
internal sealed class LinearReader(BaseFolder folder, TensorReader reader, EngineWeights weights, ScalarType dtype)
{
    /// <summary>Reads a matrix.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="linear">Which of its matrices.</param>
    /// <param name="device">Where it goes.</param>
    /// <returns>The matrix, rows in Meta's order; its tensors belong to the caller's scope.</returns>
    /// <exception cref="CheckpointException">A tensor is missing, misshapen, of the wrong type or damaged.</exception>
    public LinearWeight Take(int layer, TunedLinear linear, Device device)
    {
        var matrix = folder.Tensors.Linear(layer, linear);
        if (folder.Int8Group is { } stored)
        {
            Tensor Stored(BaseTensor expected, ScalarType type)
            {
                reader.Expect(expected.Name, expected.Shape, type);
                return Rows(expected, linear, type, device);
            }

            return new Int8Linear(Stored(matrix, ScalarType.Int8), Stored(folder.Tensors.Scales(layer, linear, stored), ScalarType.Float32), stored, dtype);
        }

        if (weights == EngineWeights.Stored)
        {
            return new DenseLinear(Rows(matrix, linear, dtype, device));
        }

        using var scope = NewDisposeScope();
        var (values, scales) = Int8Linear.Quantize(Rows(matrix, linear, ScalarType.Float32, device), Quantization.DefaultGroup);
        return new Int8Linear(values.MoveToOuterDisposeScope(), scales.MoveToOuterDisposeScope(), Quantization.DefaultGroup, dtype);
    }

    /// <summary>Reads a tensor that has a row for each of a matrix's, and puts them into Meta's order.</summary>
    private Tensor Rows(BaseTensor expected, TunedLinear linear, ScalarType type, Device device)
    {
        var isPermuted = folder.Form == BaseForm.HuggingFace && HeadRows.Permuted(linear, folder.Config) > 0;
        using var scope = NewDisposeScope();
        var rows = reader.Take(expected.Name, expected.Shape, type, copy: isPermuted);
        if (isPermuted)
        {
            rows = HeadRows.InMetasOrder(rows, linear, folder.Config);
        }

        return rows.to(device).MoveToOuterDisposeScope();
    }
}
