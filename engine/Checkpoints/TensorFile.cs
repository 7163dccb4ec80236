using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>Opens model files of either format.</summary>
public static class TensorFile
{
    /// <summary>Opens a file of tensors, telling the format by its first bytes, never by its name.</summary>
    /// <param name="path">A safetensors or PyTorch file.</param>
    /// <returns>The open file, owned by the caller.</returns>
    /// <exception cref="CheckpointException">The file is missing or of neither form.</exception>
    public static ITensorFile Open(string path) => Open(FileBytes.Open(path));

    /// <summary>Opens what lies in an open file, which then belongs to the result; where that fails, it is closed.</summary>
    internal static ITensorFile Open(FileBytes file)
    {
        try
        {
            return PthFile.Looks(file) ? PthFile.Open(file) : SafetensorsFile.Open(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Allocates a tensor of a shape that was checked against the file, and fills it.</summary>
    internal static Tensor Fill(string path, TensorInfo info, Action<Tensor> fill)
    {
        var tensor = empty(info.Shape.ToArray(), info.DType, CPU);
        try
        {
            fill(tensor);
            if (info.DType == ScalarType.Bool)
            {
                CheckBooleans(path, info, tensor);
            }

            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    internal static CheckpointException Missing(ITensorFile file, string name)
    {
        var nearest = NearestName.Find(name, file.Tensors.Keys);
        var found = nearest is null ? "no such tensor" : $"none, the nearest name being {CheckpointException.Quote(nearest)}";
        return new CheckpointException(file.Path, name, "a tensor of this name", found, "Check that the file belongs to this kind of model.");
    }

    /// <summary>A boolean of another value than 0 and 1 makes C++ misbehave.</summary>
    private static void CheckBooleans(string path, TensorInfo info, Tensor tensor)
    {
        TensorBytes.ForEachPiece(tensor, piece =>
        {
            if (piece.ContainsAnyExceptInRange((byte)0, (byte)1))
            {
                throw new CheckpointException(path, info.Name, "booleans stored as 0 or 1", "another value", CheckpointException.CopyAgain);
            }
        });
    }
}
