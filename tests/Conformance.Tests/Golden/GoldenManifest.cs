using System.Security.Cryptography;
using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Golden;

/// <summary>What the golden files' manifest says of each file.</summary>
internal static class GoldenManifest
{
    private const string FileName = "manifest.json";

    private static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["I16"] = ScalarType.Int16,
        ["I8"] = ScalarType.Int8,
        ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
    };

    private static readonly Lazy<IReadOnlyDictionary<string, JsonElement>> Entries = new(Read);

    /// <summary>The files it lists, there or not.</summary>
    public static IEnumerable<string> Files => Entries.Value.Keys;

    /// <summary>The entry of a file; skips the test where there is none, or where it was made for other contents.</summary>
    public static JsonElement EntryOf(string name)
    {
        Assert.SkipUnless(Entries.Value.TryGetValue(name, out var entry), $"The manifest does not list {name}.");
        var digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(GoldenFolder.PathOf(name))));
        Assert.SkipUnless(entry.GetProperty("sha256").GetString() == digest, $"The manifest describes other contents of {name}.");
        return entry;
    }

    /// <summary>Parses "F32 48x32"; a scalar has nothing behind the type.</summary>
    public static (ScalarType DType, long[] Shape) Describe(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (Types[parts[0]], parts.Length == 1 ? [] : [.. parts[1].Split('x').Select(long.Parse)]);
    }

    private static Dictionary<string, JsonElement> Read() =>
        GoldenFolder.TryJson(FileName)?.GetProperty("files").EnumerateArray().ToDictionary(entry => entry.GetProperty("file").GetString()!) ?? [];
}
