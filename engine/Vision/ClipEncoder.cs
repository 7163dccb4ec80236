using Herd.Engine.Checkpoints;
using Herd.Engine.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Vision;

/// <summary>The frozen image encoder that every tenant shares: a Vision Transformer whose every token is used.</summary>
/// <remarks>
/// <para>Patches are mapped to tokens, a class token goes in front, positions are added; layer norm, pre-norm blocks with
/// <c>z * sigmoid(1.702 z)</c>, layer norm on all tokens, then the output projection. Source: CLIP, arXiv:2103.00020; LLaMA-Adapter V2,
/// arXiv:2304.15010, takes all tokens where CLIP takes the class token alone.</para>
/// <para>Linear maps run in the dtype given at loading, layer norms in Float32. Weights are held once and never written. Device thread only.</para>
/// </remarks>
public sealed class ClipEncoder : IDisposable
{
    private static readonly Scalar Steepness = 1.702.ToScalar();

    private readonly ClipShape _shape;
    private readonly Dictionary<string, Tensor> _owned = [];
    private readonly Device _device;
    private readonly Tensor _patches;
    private readonly Tensor _classToken;
    private readonly Tensor _positions;
    private readonly VisionAffine _preNorm;
    private readonly VisionBlock[] _blocks;
    private readonly VisionAffine _postNorm;
    private readonly Tensor _projection;

    // Runs inside a scope, which frees what was read if anything fails; at the end the encoder takes all of it over.
    private ClipEncoder(TensorReader reader, ClipShape shape, string digest, ScalarType dtype, Device device)
    {
        (_shape, Digest, DType, _device) = (shape, digest, dtype, device);
        var width = shape.Width;
        _patches = Take(reader, ClipShape.PatchWeight, dtype, width, ClipShape.Colours, shape.Patch, shape.Patch);
        _classToken = Take(reader, ClipShape.Prefix + "class_embedding", dtype, width);
        _positions = Take(reader, ClipShape.Positions, dtype, shape.Tokens, width);
        _preNorm = TakeNorm(reader, ClipShape.Prefix + "ln_pre");
        _blocks = [.. Enumerable.Range(0, shape.Layers).Select(layer => TakeBlock(reader, ClipShape.Block(layer)))];
        _postNorm = TakeNorm(reader, ClipShape.Prefix + "ln_post");
        _projection = Take(reader, ClipShape.Projection, dtype, width, shape.OutputWidth);
        reader.ExpectAllTaken(name => !ClipFile.IsVisual(name));
    }

    /// <summary>Side of the square pictures it takes, in pixels.</summary>
    public int ImageSize => _shape.ImageSize;

    /// <summary>Tokens it makes of a picture: the class token and one for each patch.</summary>
    public int TokenCount => (int)_shape.Tokens;

    /// <summary>Features of one token it makes.</summary>
    public int OutputWidth => (int)_shape.OutputWidth;

    /// <summary>SHA-256 over the tensors (names, shapes, values), in lower-case hexadecimal; the same for every form of the file.</summary>
    public string Digest { get; }

    /// <summary>The dtype of its linear maps and of its results.</summary>
    public ScalarType DType { get; }

    /// <summary>Computes <see cref="Digest"/> without loading the encoder.</summary>
    /// <param name="path">As in <see cref="Load"/>.</param>
    /// <returns>SHA-256 in lower-case hexadecimal.</returns>
    /// <exception cref="CheckpointException">The file is missing or damaged.</exception>
    public static string ComputeDigest(string path)
    {
        using var file = ClipFile.Open(path);
        return ClipFile.Digest(file);
    }

    /// <summary>Bytes its weights take on the device.</summary>
    public long Bytes => _owned.Values.Sum(tensor => tensor.numel() * tensor.ElementSize);

    /// <summary>Its tensors by OpenAI's names; borrowed.</summary>
    internal IReadOnlyDictionary<string, Tensor> Tensors => _owned;

    /// <summary>Its dimensions.</summary>
    internal ClipShape Shape => _shape;

    /// <summary>Loads an encoder of any size; all dimensions come from the shapes of its tensors.</summary>
    /// <param name="path">
    /// OpenAI's TorchScript archive, a <c>.pth</c> dictionary or <c>.safetensors</c> with its names (<c>visual.*</c>; everything else is ignored), Hugging
    /// Face's form, or a folder that holds one; where a folder holds several forms, the safetensors is taken.
    /// </param>
    /// <param name="dtype">The dtype of linear maps and embeddings: Float32, BFloat16 or Float16.</param>
    /// <param name="device">Where the weights go.</param>
    /// <returns>The encoder, owned by the caller.</returns>
    /// <exception cref="CheckpointException">
    /// The file is missing or damaged, or a tensor is missing, unknown, of another shape or not finite.
    /// </exception>
    public static ClipEncoder Load(string path, ScalarType dtype, Device device)
    {
        using var file = ClipFile.Open(path);
        return Of(file, dtype, device);
    }

    /// <summary>The same from open tensors under OpenAI's names.</summary>
    internal static ClipEncoder Of(ITensorFile file, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var shape = ClipShape.Of(file);
        var encoder = new ClipEncoder(new TensorReader(file), shape, ClipFile.Digest(file), dtype, device);
        encoder.KeepAll();
        return encoder;
    }

    /// <summary>Encodes pictures.</summary>
    /// <param name="images">
    /// [B, 3, ImageSize, ImageSize], any float dtype and device, as <see cref="ClipPreprocessor.ToTensor"/> makes them; all zeros stand for no
    /// picture.
    /// </param>
    /// <returns>[B, TokenCount, OutputWidth], <see cref="DType"/>, on the encoder's device; belongs to the caller's scope.</returns>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    public Tensor Encode(Tensor images)
    {
        using var frozen = no_grad();
        return Forward(images);
    }

    /// <summary>As <see cref="Encode"/>; gradients flow where the caller lets them.</summary>
    internal Tensor Forward(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var side = _shape.ImageSize;
        if (images.shape is not [> 0, ClipShape.Colours, var height, var width] || height != side || width != side)
        {
            var found = CheckpointException.Describe(images.shape);
            throw new ArgumentException($"Expected pictures [B, {ClipShape.Colours}, {side}, {side}], found {found}.", nameof(images));
        }

        using var scope = NewDisposeScope();
        var x = _preNorm.Normalise(Embed(images.to(DType, _device)));
        foreach (var block in _blocks)
        {
            x = block.Forward(x);
        }

        return _postNorm.Normalise(x).matmul(_projection).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        foreach (var tensor in _owned.Values)
        {
            tensor.Dispose();
        }

        _owned.Clear();
    }

    // The published convolution has a stride of its own size, so it is a linear map over patches; as such it never runs in TF32.
    private Tensor Embed(Tensor images)
    {
        var (batch, grid, patch) = (images.shape[0], _shape.Grid, _shape.Patch);
        var pixels = images.view(batch, ClipShape.Colours, grid, patch, grid, patch).permute(0, 2, 4, 1, 3, 5).reshape(batch, grid * grid, -1);
        var tokens = nn.functional.linear(pixels, _patches.flatten(1)); // [B, T-1, W]
        return cat([_classToken.expand(batch, 1, -1), tokens], 1).Plus(_positions); // [B, T, W]
    }

    private VisionBlock TakeBlock(TensorReader reader, string prefix)
    {
        var (width, mlp) = (_shape.Width, _shape.MlpWidth);
        return new VisionBlock
        {
            Heads = _shape.Heads,
            Norm1 = TakeNorm(reader, prefix + "ln_1"),
            Qkv = TakeLinear(reader, prefix + "attn.in_proj_", 3 * width, width),
            Out = TakeLinear(reader, prefix + "attn.out_proj.", width, width),
            Norm2 = TakeNorm(reader, prefix + "ln_2"),
            Expand = TakeLinear(reader, prefix + "mlp.c_fc.", mlp, width),
            Contract = TakeLinear(reader, prefix + "mlp.c_proj.", width, mlp),
            Activation = z => z * (z * Steepness).sigmoid(),
        };
    }

    private VisionAffine TakeLinear(TensorReader reader, string prefix, long outputs, long inputs) =>
        new(Take(reader, prefix + "weight", DType, outputs, inputs), Take(reader, prefix + "bias", DType, outputs));

    private VisionAffine TakeNorm(TensorReader reader, string name) =>
        new(Take(reader, name + ".weight", ScalarType.Float32, _shape.Width), Take(reader, name + ".bias", ScalarType.Float32, _shape.Width));

    private Tensor Take(TensorReader reader, string name, ScalarType dtype, params long[] shape)
    {
        var tensor = reader.Take(name, shape, dtype).to(_device);
        _owned.Add(name, tensor);
        return tensor;
    }

    private void KeepAll() => _owned.Values.ToList().ForEach(tensor => tensor.DetachFromDisposeScope());
}
