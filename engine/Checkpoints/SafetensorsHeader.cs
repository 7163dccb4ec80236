using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Herd.Engine.Checkpoints;

/// <summary>The checked header of a safetensors file.</summary>
internal sealed class SafetensorsHeader
{
    internal const int LengthBytes = sizeof(ulong);
    internal const string MetadataKey = "__metadata__";

    private const int MaxBytes = 100_000_000;
    private const string Cure = "Save the file again with a safetensors library.";

    private readonly string _path;
    private readonly Dictionary<string, TensorInfo> _tensors = [];
    private readonly Dictionary<string, string> _metadata = [];
    private readonly Dictionary<string, long> _offsets = [];
    private readonly List<(long Begin, long End, string Name)> _ranges = [];

    private SafetensorsHeader(string path)
    {
        _path = path;
    }

    internal IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    internal IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Where each tensor's data begins, in bytes from the start of the file.</summary>
    internal IReadOnlyDictionary<string, long> Offsets => _offsets;

    internal static SafetensorsHeader Read(FileBytes file)
    {
        var header = new SafetensorsHeader(file.Path);
        Span<byte> prefix = stackalloc byte[LengthBytes];
        file.Read(0, prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxBytes || (long)length > file.Length - LengthBytes)
        {
            throw header.Refuse($"a header of at most {MaxBytes} bytes inside a file of {file.Length}", $"a header length of {length}");
        }

        var json = new byte[length];
        file.Read(LengthBytes, json);
        if (json is not [(byte)'{', ..] || !Utf8.IsValid(json))
        {
            throw header.Refuse("a JSON object in UTF-8 as header", "other bytes");
        }

        try
        {
            header.Parse(json);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(file.Path, null, "a JSON header in the safetensors form", error.Message, Cure, error);
        }

        header.PlaceData(LengthBytes + (long)length, file.Length);
        return header;
    }

    private void Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 3 });
        var hasMetadata = false;
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextProperty(ref reader) is { } name)
        {
            if (name == MetadataKey && !hasMetadata)
            {
                ParseMetadata(ref reader);
                hasMetadata = true;
            }
            else
            {
                ParseTensor(ref reader, name);
            }
        }

        // The reader itself refuses anything but white space behind the object.
        reader.Read();
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextProperty(ref reader) is { } key)
        {
            Expect(ref reader, JsonTokenType.String);
            if (!_metadata.TryAdd(key, reader.GetString()!))
            {
                throw Refuse("every metadata key once", $"{CheckpointException.Quote(key)} twice");
            }
        }
    }

    private void ParseTensor(ref Utf8JsonReader reader, string name)
    {
        StoredType? type = null;
        long[]? shape = null;
        long[]? range = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (NextProperty(ref reader) is { } field)
        {
            switch (field)
            {
                case "dtype" when type is null:
                    Expect(ref reader, JsonTokenType.String);
                    var dtype = reader.GetString()!;
                    type = StoredType.OfSafetensors(dtype) ?? throw Refuse("a known element type", CheckpointException.Quote(dtype), name);
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(ref reader, StoredType.MaxRank, name);
                    break;
                case "data_offsets" when range is null:
                    range = ReadIntegers(ref reader, 2, name);
                    break;
                default:
                    throw Refuse("dtype, shape and data_offsets, each once", CheckpointException.Quote(field), name);
            }
        }

        if (type is null || shape is null || range is not [var begin, var end])
        {
            throw Refuse("dtype, shape and two data_offsets", "an incomplete entry", name);
        }

        if (type.Count(shape) is not { } count || begin > end || end - begin != count * type.Size)
        {
            throw Refuse($"as many bytes as {type.Safetensors} {CheckpointException.Describe(shape)} takes", $"data_offsets {begin} to {end}", name);
        }

        if (!_tensors.TryAdd(name, new TensorInfo(name, type.DType, shape)))
        {
            throw Refuse("every tensor once", "the name twice", name);
        }

        _ranges.Add((begin, end, name));
    }

    /// <summary>Checks that the tensors cover the data exactly: then none overlaps another and none lies outside.</summary>
    private void PlaceData(long dataStart, long fileLength)
    {
        _ranges.Sort();
        long covered = 0;
        foreach (var (begin, end, name) in _ranges)
        {
            if (begin != covered)
            {
                throw Refuse($"data that begins at {covered}, where the data before it ends", $"{begin}", name);
            }

            covered = end;
            _offsets[name] = dataStart + begin;
        }

        if (covered != fileLength - dataStart)
        {
            throw Refuse($"{covered} bytes of data, as the header says", $"{fileLength - dataStart}");
        }
    }

    private long[] ReadIntegers(ref Utf8JsonReader reader, int most, string name)
    {
        var values = new List<long>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (values.Count == most || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
            {
                throw Refuse($"at most {most} whole numbers of 0 or more in an array", "something else", name);
            }

            values.Add(value);
        }

        return [.. values];
    }

    private static string? NextProperty(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        reader.Read();
        if (reader.TokenType != type)
        {
            throw Refuse($"{type} at byte {reader.TokenStartIndex} of the header", $"{reader.TokenType}");
        }
    }

    private CheckpointException Refuse(string expected, string found, string? tensor = null)
    {
        return new CheckpointException(_path, tensor, expected, found, Cure);
    }
}
