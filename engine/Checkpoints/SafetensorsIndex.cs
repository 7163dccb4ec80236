using System.Text.Json;

namespace Herd.Engine.Checkpoints;

/// <summary>Which of several safetensors files holds which tensor: <c>model.safetensors.index.json</c>.</summary>
/// <remarks>Fields: <c>weight_map</c>, tensor to file; <c>metadata.total_size</c>, bytes of all tensors. Files lie beside the index.</remarks>
internal sealed class SafetensorsIndex
{
    private const int MaxBytes = 64 << 20;
    private const string Cure = "Copy the index again, from the same place as the files.";

    private SafetensorsIndex(string path, IReadOnlyDictionary<string, string> places, long? totalBytes)
    {
        (Path, Places, TotalBytes) = (path, places, totalBytes);
        var folder = System.IO.Path.GetDirectoryName(path)!;
        Files = [.. places.Values.Distinct().Order(StringComparer.Ordinal).Select(name => System.IO.Path.Combine(folder, name))];
    }

    internal string Path { get; }

    /// <summary>Tensor to the name of its file.</summary>
    internal IReadOnlyDictionary<string, string> Places { get; }

    /// <summary>Bytes of all tensors; null where the index does not say.</summary>
    internal long? TotalBytes { get; }

    /// <summary>The paths of the files, in ordinal order.</summary>
    internal IReadOnlyList<string> Files { get; }

    /// <exception cref="CheckpointException">The index is not sound, or names a file outside its folder.</exception>
    internal static SafetensorsIndex Read(string path)
    {
        using var file = FileBytes.Open(path);
        if (file.Length > MaxBytes)
        {
            throw Refuse(path, $"at most {MaxBytes} bytes", $"{file.Length}");
        }

        var json = new byte[file.Length];
        file.Read(0, json);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            return new SafetensorsIndex(path, PlacesIn(document.RootElement, path), TotalIn(document.RootElement, path));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(path, null, "an index in JSON", error.Message.TrimEnd('.'), Cure, error);
        }
    }

    private static Dictionary<string, string> PlacesIn(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
        {
            throw Refuse(path, "an object with 'weight_map'", "another value");
        }

        var places = new Dictionary<string, string>();
        foreach (var entry in map.EnumerateObject())
        {
            var name = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
            if (!name.EndsWith(".safetensors", StringComparison.Ordinal) || name.AsSpan().ContainsAny('/', '\\', '\0'))
            {
                throw Refuse(path, "names of safetensors files beside the index", CheckpointException.Quote(entry.Value.GetRawText()));
            }

            places.Add(entry.Name, name);
        }

        return places.Count > 0 ? places : throw Refuse(path, "tensors in 'weight_map'", "none");
    }

    private static long? TotalIn(JsonElement root, string path)
    {
        if (!root.TryGetProperty("metadata", out var metadata) || metadata.ValueKind != JsonValueKind.Object || !metadata.TryGetProperty("total_size", out var total))
        {
            return null;
        }

        // Some writers put a whole number down as a floating one.
        return total.ValueKind == JsonValueKind.Number && total.TryGetDouble(out var bytes) && bytes is >= 0 and <= 1L << 53 && Math.Floor(bytes) == bytes
            ? (long)bytes
            : throw Refuse(path, "a whole number of bytes as total_size", CheckpointException.Quote(total.GetRawText()));
    }

    private static CheckpointException Refuse(string path, string expected, string found) => new(path, null, expected, found, Cure);
}
