using System.Security.Cryptography;
using System.Text;
using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Vision;

/// <summary>Finds and names the file of an image encoder.</summary>
internal static class ClipFile
{
    // The form that needs no unpacking comes first: a folder may hold the same encoder in both.
    private static readonly string[] Forms = ["*.safetensors", "*.pth", "*.pt"];

    /// <param name="path">A file, or a folder that holds one encoder.</param>
    /// <exception cref="CheckpointException">The folder holds no encoder, or several of one form.</exception>
    public static ITensorFile Open(string path)
    {
        if (!Directory.Exists(path))
        {
            return OpenFile(path);
        }

        foreach (var form in Forms)
        {
            var fitting = Directory.EnumerateFiles(path, form).Where(HoldsEncoder).Order(StringComparer.Ordinal).ToList();
            if (fitting.Count > 1)
            {
                var found = string.Join(" and ", fitting.Select(Path.GetFileName));
                throw new CheckpointException(path, null, "one image encoder", found, "Name the file instead of the folder.");
            }

            if (fitting.Count == 1)
            {
                return OpenFile(fitting[0]);
            }
        }

        var expected = $"a .safetensors, .pth or .pt file that holds '{ClipShape.PatchWeight}' or '{HuggingFaceClip.PatchWeight}'";
        throw new CheckpointException(path, null, expected, "none", "Put the image encoder there, or name its file.");
    }

    /// <summary>SHA-256 over the encoder's tensors in the order of OpenAI's names: name, shape, values as Float32.</summary>
    /// <remarks>All file forms of the same values agree, whatever types they are stored in.</remarks>
    public static string Digest(ITensorFile file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var info in file.Tensors.Values.Where(info => IsVisual(info.Name)).OrderBy(info => info.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{info.Name}\0{string.Join(',', info.Shape)}\0"));
            using var scope = NewDisposeScope();
            TensorBytes.ForEachPiece(file.Read(info.Name).to(ScalarType.Float32), piece => hash.AppendData(piece));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static bool IsVisual(string name) => name.StartsWith(ClipShape.Prefix, StringComparison.Ordinal);

    private static bool HoldsEncoder(string path)
    {
        using var file = TensorFile.Open(path);
        return file.Tensors.ContainsKey(ClipShape.PatchWeight) || HuggingFaceClip.Looks(file);
    }

    private static ITensorFile OpenFile(string path)
    {
        var file = TensorFile.Open(path);
        return HuggingFaceClip.Looks(file) ? new HuggingFaceClip(file) : file;
    }
}
