using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Vision;

/// <summary>The part of an adapter that turns a picture's features into the visual query, which is added to the adapter's prompts.</summary>
/// <remarks>
/// <para>Projected features and learned query slots pass through pre-norm blocks together (exact erf GELU, no positions, no mask); the slots alone
/// leave, projected to the width of the language model. Source: LLaMA-Adapter V2, arXiv:2304.15010, section 3.3 and its released code.</para>
/// <para>All in Float32. Gradients flow where the caller lets them. Owns its tensors. Device thread only.</para>
/// </remarks>
public sealed class VisualFrontEnd : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors;
    private readonly VisionBlock[] _blocks;

    /// <summary>Takes tensors over, out of any scope they are in.</summary>
    /// <param name="shape">The dimensions.</param>
    /// <param name="tensors">Exactly the tensors that <see cref="VisualFrontEndShape.Tensors"/> names, Float32, all on one device.</param>
    /// <exception cref="ArgumentException">A tensor is missing, too many, of another shape or dtype. Then none is taken over.</exception>
    public VisualFrontEnd(VisualFrontEndShape shape, IReadOnlyDictionary<string, Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(tensors);
        Check(shape, tensors);
        Shape = shape;
        _tensors = new Dictionary<string, Tensor>(tensors);
        _blocks = [.. Enumerable.Range(0, shape.Depth).Select(layer => MakeBlock(Block(layer)))];
        foreach (var tensor in _tensors.Values)
        {
            tensor.DetachFromDisposeScope();
        }
    }

    /// <summary>The dimensions.</summary>
    public VisualFrontEndShape Shape { get; }

    /// <summary>The tensors by their names in official files; borrowed.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    /// <summary>Bytes the tensors take on their device.</summary>
    public long Bytes => _tensors.Values.Sum(tensor => tensor.numel() * tensor.ElementSize);

    private Device Device => _tensors["visual_query.weight"].device;

    /// <summary>Projects a picture's features to the width of the blocks, and normalises them.</summary>
    /// <param name="clipFeatures">[B, T, ClipWidth], any float dtype and device, from <see cref="ClipEncoder.Encode"/>.</param>
    /// <returns>[B, T, Width], Float32; belongs to the caller's scope.</returns>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    public Tensor Project(Tensor clipFeatures)
    {
        ArgumentNullException.ThrowIfNull(clipFeatures);
        if (clipFeatures.shape is not [> 0, > 0, var width] || width != Shape.ClipWidth)
        {
            var found = CheckpointException.Describe(clipFeatures.shape);
            throw new ArgumentException($"Expected features [B, T, {Shape.ClipWidth}], found {found}.", nameof(clipFeatures));
        }

        using var scope = NewDisposeScope();
        var projected = Affine("clip_proj").Map(clipFeatures.to(ScalarType.Float32, Device));
        return Affine("clip_proj_norm").Normalise(projected).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the visual query of pictures.</summary>
    /// <param name="clipFeatures">[B, T, ClipWidth], any float dtype and device, from <see cref="ClipEncoder.Encode"/>.</param>
    /// <returns>[B, QueryLength, ModelWidth], Float32; belongs to the caller's scope.</returns>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    public Tensor Query(Tensor clipFeatures) => Query(clipFeatures, null);

    /// <summary>The same, showing the output of each block, [B, QueryLength + T, Width], borrowed, to <paramref name="afterBlock"/>.</summary>
    internal Tensor Query(Tensor clipFeatures, Action<Tensor>? afterBlock)
    {
        using var scope = NewDisposeScope();
        var features = Project(clipFeatures);
        var slots = _tensors["visual_query.weight"].expand(features.shape[0], -1, -1);
        var x = cat([slots, features], 1); // [B, A + T, W]
        foreach (var block in _blocks)
        {
            x = block.Forward(x);
            afterBlock?.Invoke(x);
        }

        var filled = Affine("visual_proj").Map(x.narrow(1, 0, Shape.QueryLength)); // [B, A, D]
        return Affine("visual_proj_norm").Normalise(filled).MoveToOuterDisposeScope();
    }

    /// <summary>The same front end on another device.</summary>
    /// <param name="device">The device.</param>
    /// <returns>A copy, owned by the caller.</returns>
    internal VisualFrontEnd CopyTo(Device device)
    {
        using var scope = NewDisposeScope();
        return new VisualFrontEnd(Shape, _tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.to(device, copy: true)));
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }

    /// <summary>Reads a front end from an adapter's file; any float type becomes Float32.</summary>
    /// <param name="reader">The adapter's file, in which other tensors may remain.</param>
    /// <param name="shape">The dimensions, from <see cref="VisualFrontEndShape.Of"/>.</param>
    /// <param name="device">Where the tensors go.</param>
    /// <returns>The front end, owned by the caller.</returns>
    /// <exception cref="CheckpointException">A tensor is missing, of another shape, damaged or not finite.</exception>
    internal static VisualFrontEnd Load(TensorReader reader, VisualFrontEndShape shape, Device device)
    {
        using var scope = NewDisposeScope();
        return new VisualFrontEnd(shape, shape.Tensors().ToDictionary(
            tensor => tensor.Name, tensor => reader.Take(tensor.Name, tensor.Shape, ScalarType.Float32).to(device)));
    }

    internal static string Block(int layer) => $"visual_blocks.{layer}.";

    private static void Check(VisualFrontEndShape shape, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var expected = shape.Tensors().ToList();
        foreach (var (name, extents) in expected)
        {
            if (!tensors.TryGetValue(name, out var tensor) || !tensor.shape.SequenceEqual(extents) || tensor.dtype != ScalarType.Float32)
            {
                var found = tensor is null ? "none" : $"{tensor.dtype} {CheckpointException.Describe(tensor.shape)}";
                throw new ArgumentException($"Expected '{name}' as Float32 {CheckpointException.Describe(extents)}, found {found}.", nameof(tensors));
            }
        }

        if (tensors.Count != expected.Count)
        {
            throw new ArgumentException($"Expected {expected.Count} tensors, found {tensors.Count}.", nameof(tensors));
        }
    }

    private VisionBlock MakeBlock(string prefix) => new()
    {
        Heads = Shape.Heads,
        Norm1 = Affine(prefix + "norm1"),
        Qkv = Affine(prefix + "attn.qkv"),
        Out = Affine(prefix + "attn.proj"),
        Norm2 = Affine(prefix + "norm2"),
        Expand = Affine(prefix + "mlp.fc1"),
        Contract = Affine(prefix + "mlp.fc2"),
        Activation = z => nn.functional.gelu(z),
    };

    private VisionAffine Affine(string name) => new(_tensors[name + ".weight"], _tensors[name + ".bias"]);
}
