using System.Globalization;
using System.Text.RegularExpressions;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Takes an adapter's tensors out of one file, insisting that they fit the base, and puts them under their canonical names.</summary>
internal sealed partial class PartReader(ITensorFile file, IAdapterNames names, LlamaConfig config)
{
    private readonly TensorReader _reader = new(file);

    internal ITensorFile File => file;

    internal IAdapterNames Names => names;

    internal LlamaConfig Config => config;

    internal bool Has(string? name) => name is not null && _reader.Has(name);

    /// <summary>Reads a tensor that must be there, of a shape that the adapter itself decides.</summary>
    internal Tensor Take(string name, long[] shape)
    {
        ExpectFloats(name);
        return ExpectFloat32Range(name, _reader.Take(name, shape));
    }

    /// <summary>Reads a tensor that may be absent, of a shape that the base decides.</summary>
    /// <returns>The tensor in its canonical shape, or null.</returns>
    internal Tensor? TryTake(string? name, long[] stored, long[] canonical)
    {
        if (name is null || _reader.TryTake(name, ExpectFitting(name, stored)) is not { } tensor)
        {
            return null;
        }

        ExpectFloats(name);
        return ExpectFloat32Range(name, tensor).view(canonical);
    }

    /// <summary>The shape of a tensor that must be there, with as many axes as given.</summary>
    internal IReadOnlyList<long> ShapeOf(string name, int axes)
    {
        if (!file.Tensors.TryGetValue(name, out var info))
        {
            throw TensorFile.Missing(file, name);
        }

        return info.Shape.Count == axes && info.Shape.All(extent => extent > 0)
            ? info.Shape
            : throw Refuse(name, $"{axes} axes, none empty", CheckpointException.Describe([.. info.Shape]));
    }

    /// <summary>Says early and plainly when the file was made for a deeper base.</summary>
    internal void ExpectLayersOfBase()
    {
        foreach (var name in file.Tensors.Keys.Order(StringComparer.Ordinal))
        {
            if (LayerOf(name) is { } layer && layer >= config.Layers)
            {
                throw Incompatible(name, $"layers 0 to {config.Layers - 1}", $"layer {layer}");
            }
        }
    }

    /// <summary>The layer a tensor belongs to by its name; null for one of no layer.</summary>
    internal static long? LayerOf(string name) => LayerNumber().Match(name) is { Success: true } match ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null;

    internal void ExpectAllTaken() => _reader.ExpectAllTaken();

    internal CheckpointException Refuse(string? tensor, string expected, string found) =>
        new(file.Path, tensor, expected, found, "Check that the file belongs to this kind of adapter.");

    internal EngineException Incompatible(string tensor, string expected, string found) => new(
        EngineErrorCode.Incompatible,
        $"{Path.GetFileName(file.Path)}: tensor {CheckpointException.Quote(tensor)}: expected {expected}, found {found}. "
        + "The adapter was made for another base.");

    [GeneratedRegex(@"(?:^|\.)layers\.([0-9]{1,18})\.", RegexOptions.CultureInvariant)]
    private static partial Regex LayerNumber();

    private long[] ExpectFitting(string name, long[] shape)
    {
        return !file.Tensors.TryGetValue(name, out var info) || info.Shape.SequenceEqual(shape)
            ? shape
            : throw Incompatible(name, $"shape {CheckpointException.Describe(shape)}", CheckpointException.Describe([.. info.Shape]));
    }

    private void ExpectFloats(string name)
    {
        if (file.Tensors.TryGetValue(name, out var info)
            && info.DType is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
        {
            throw Refuse(name, "floating-point numbers", $"{info.DType}");
        }
    }

    /// <summary>The engine computes with Float32: a larger number would become an infinity there.</summary>
    private Tensor ExpectFloat32Range(string name, Tensor tensor)
    {
        if (tensor.dtype == ScalarType.Float64)
        {
            using var narrowed = tensor.to(ScalarType.Float32);
            if (!FiniteCheck.IsFinite(narrowed))
            {
                throw Refuse(name, "numbers that Float32 can hold", "larger ones");
            }
        }

        return tensor;
    }
}
