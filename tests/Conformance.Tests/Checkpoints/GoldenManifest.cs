using System.Text.Json;
using Herd.Testing;
using TorchSharp;

namespace Herd.Conformance.Tests.Checkpoints;

/// <summary>What the golden files' manifest says of each file of tensors.</summary>
internal static class GoldenManifest
{
    private static readonly Dictionary<string, torch.ScalarType> Types = new()
    {
        ["F32"] = torch.ScalarType.Float32,
        ["F16"] = torch.ScalarType.Float16,
        ["BF16"] = torch.ScalarType.BFloat16,
        ["F64"] = torch.ScalarType.Float64,
        ["I64"] = torch.ScalarType.Int64,
        ["U8"] = torch.ScalarType.Byte,
    };

    internal static JsonElement[] TensorFiles { get; } = Read();

    internal static IEnumerable<string> TensorFileNames => TensorFiles.Select(Name);

    internal static string Name(JsonElement file)
    {
        return file.GetProperty("file").GetString()!;
    }

    internal static string PathOf(string name)
    {
        return Path.Combine(RepositoryFiles.Golden, name);
    }

    internal static JsonElement Find(string name)
    {
        return TensorFiles.Single(file => Name(file) == name);
    }

    /// <summary>Parses "F32 48x32"; a scalar has nothing behind the type.</summary>
    internal static (torch.ScalarType DType, long[] Shape) Describe(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (Types[parts[0]], parts.Length == 1 ? [] : [.. parts[1].Split('x').Select(long.Parse)]);
    }

    private static JsonElement[] Read()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(PathOf("manifest.json")));
        var files = manifest.RootElement.GetProperty("files").EnumerateArray();
        return [.. files.Where(file => file.TryGetProperty("tensors", out _)).Select(file => file.Clone())];
    }
}
