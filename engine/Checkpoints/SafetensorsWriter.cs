using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>Writes safetensors files whose bytes depend only on names, values and metadata.</summary>
/// <remarks>The header lists metadata and tensors in ordinal order of their names. The data stands widest elements first, then by name, so that
/// each tensor lies aligned to its element size; the header is padded with spaces to a multiple of 8 bytes.</remarks>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <summary>A tensor and where it goes, in bytes from the start of the data.</summary>
    private sealed record Placed(string Name, DeferredTensor Tensor, StoredType Type, long Offset);

    /// <summary>Writes a file, replacing one that is there.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="tensors">Any shapes, strides and devices; types as in <see cref="SafetensorsFile"/>.</param>
    /// <param name="metadata">Free text entries; null for none.</param>
    /// <exception cref="ArgumentException">A tensor has a type that the format or this reader does not know, or a reserved name.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var stream = File.Create(path);
        Write(stream, tensors, metadata);
    }

    /// <summary>Writes a file of tensors that are made one after another, replacing one that is there.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="tensors">The tensors.</param>
    internal static void Write(string path, IReadOnlyDictionary<string, DeferredTensor> tensors)
    {
        using var stream = File.Create(path);
        Write(stream, tensors, new Dictionary<string, string>());
    }

    /// <summary>Writes to a stream, from its present position on.</summary>
    /// <param name="stream">Where to write; it stays open.</param>
    /// <param name="tensors">Any shapes, strides and devices; types as in <see cref="SafetensorsFile"/>.</param>
    /// <param name="metadata">Free text entries; null for none.</param>
    /// <exception cref="ArgumentException">A tensor has a type that the format or this reader does not know, or a reserved name.</exception>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(
            stream,
            tensors.ToDictionary(entry => entry.Key, entry => new DeferredTensor(entry.Value.dtype, entry.Value.shape, () => entry.Value)),
            metadata ?? new Dictionary<string, string>());

    private static void Write(Stream stream, IReadOnlyDictionary<string, DeferredTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var placed = Place(tensors);
        var json = Header(placed, metadata);
        var padding = -json.Length & (Alignment - 1);
        Span<byte> length = stackalloc byte[SafetensorsHeader.LengthBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)(json.Length + padding));
        stream.Write(length);
        stream.Write(json);
        stream.Write("       "u8[..padding]);
        foreach (var entry in placed)
        {
            using var scope = NewDisposeScope();
            TensorBytes.ForEachPiece(Made(entry).detach().cpu().contiguous(), piece => stream.Write(piece));
        }
    }

    private static Tensor Made(Placed entry)
    {
        var tensor = entry.Tensor.Make();
        return tensor.dtype == entry.Tensor.DType && tensor.shape.SequenceEqual(entry.Tensor.Shape)
            ? tensor
            : throw new InvalidOperationException($"Tensor '{entry.Name}' was made as {tensor.dtype} {CheckpointException.Describe(tensor.shape)}, not as it was announced.");
    }

    private static List<Placed> Place(IReadOnlyDictionary<string, DeferredTensor> tensors)
    {
        var placed = new List<Placed>();
        long offset = 0;
        var ordered = tensors.Select(Describe).OrderByDescending(entry => entry.Type.Size).ThenBy(entry => entry.Name, StringComparer.Ordinal);
        foreach (var (name, tensor, type) in ordered)
        {
            placed.Add(new Placed(name, tensor, type, offset));
            offset += tensor.Count * type.Size;
        }

        return placed;
    }

    private static (string Name, DeferredTensor Tensor, StoredType Type) Describe(KeyValuePair<string, DeferredTensor> entry)
    {
        var (name, tensor) = entry;
        return name != SafetensorsHeader.MetadataKey && StoredType.Of(tensor.DType) is { } type
            ? (name, tensor, type)
            : throw new ArgumentException($"Tensor '{name}' of type {tensor.DType} has no place in a safetensors file.", nameof(entry));
    }

    private static ReadOnlySpan<byte> Header(List<Placed> placed, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        if (metadata.Count > 0)
        {
            json.WriteStartObject(SafetensorsHeader.MetadataKey);
            foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        foreach (var (name, tensor, type, offset) in placed.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            WriteEntry(json, name, type, tensor.Shape, offset, offset + tensor.Count * type.Size);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private static void WriteEntry(Utf8JsonWriter json, string name, StoredType type, long[] shape, long begin, long end)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", type.Safetensors);
        WriteIntegers(json, "shape", shape);
        WriteIntegers(json, "data_offsets", [begin, end]);
        json.WriteEndObject();
    }

    private static void WriteIntegers(Utf8JsonWriter json, string name, long[] values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
