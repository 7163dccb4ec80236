using Herd.Engine.Checkpoints;

namespace Herd.Engine.Vision;

/// <summary>The dimensions of an adapter's <see cref="VisualFrontEnd"/>.</summary>
/// <param name="Width">Features of a token inside it; 768 in the released adapters.</param>
/// <param name="Depth">Transformer blocks; 8 in the released adapters.</param>
/// <param name="Heads">Attention heads, which divide the width; 16 in the released adapters. No tensor tells them.</param>
/// <param name="MlpWidth">Features between the two linear maps of a block; 4 times the width in the released adapters.</param>
/// <param name="QueryLength">Slots it fills from a picture; 10 in the released adapters.</param>
/// <param name="ClipWidth">Features of a token of the image encoder; 768 in the released adapters.</param>
/// <param name="ModelWidth">Features of a token of the language model; 4,096 in the released adapters.</param>
public sealed record VisualFrontEndShape(int Width, int Depth, int Heads, int MlpWidth, int QueryLength, int ClipWidth, int ModelWidth)
{
    /// <summary>Heads of every released adapter.</summary>
    public const int OfficialHeads = 16;

    /// <summary>Whether a file holds a visual front end.</summary>
    /// <param name="file">An adapter's file.</param>
    /// <returns>True if it has the first tensor of one.</returns>
    public static bool IsIn(ITensorFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Tensors.ContainsKey("clip_proj.weight");
    }

    /// <summary>Whether a tensor belongs to a visual front end, by its name.</summary>
    internal static bool IsPart(string name) =>
        name.StartsWith("clip_proj", StringComparison.Ordinal) || name.StartsWith("visual_query.", StringComparison.Ordinal)
        || name.StartsWith("visual_blocks.", StringComparison.Ordinal) || name.StartsWith("visual_proj", StringComparison.Ordinal);

    /// <summary>Reads the dimensions off the shapes of an adapter's tensors.</summary>
    /// <param name="file">The adapter's file.</param>
    /// <param name="heads">Attention heads, from the adapter's configuration.</param>
    /// <returns>The dimensions; the tensors themselves are checked when they are read.</returns>
    /// <exception cref="CheckpointException">A tensor is missing or not a matrix, or the heads do not divide the width.</exception>
    public static VisualFrontEndShape Of(ITensorFile file, int heads = OfficialHeads)
    {
        ArgumentNullException.ThrowIfNull(file);
        var (width, clip) = Matrix(file, "clip_proj.weight");
        if (heads < 1 || width % heads != 0)
        {
            throw new CheckpointException(
                file.Path, "clip_proj.weight", $"a width that {heads} heads divide", $"{width}", "State the number of heads it was trained with.");
        }

        var depth = 0;
        while (file.Tensors.ContainsKey(VisualFrontEnd.Block(depth) + "norm1.weight"))
        {
            depth++;
        }

        var (mlp, _) = depth == 0 ? (0, 0) : Matrix(file, VisualFrontEnd.Block(0) + "mlp.fc1.weight");
        var (slots, _) = Matrix(file, "visual_query.weight");
        var (model, _) = Matrix(file, "visual_proj.weight");
        return new VisualFrontEndShape(width, depth, heads, mlp, slots, clip, model);
    }

    /// <summary>Every tensor of such a front end: its name in official files, and its shape.</summary>
    /// <returns>Name and shape of each, in the order of use.</returns>
    public IEnumerable<(string Name, long[] Shape)> Tensors() =>
    [
        .. Affine("clip_proj", Width, ClipWidth),
        .. Norm("clip_proj_norm", Width),
        ("visual_query.weight", [QueryLength, Width]),
        .. Enumerable.Range(0, Depth).SelectMany(BlockTensors),
        .. Affine("visual_proj", ModelWidth, Width),
        .. Norm("visual_proj_norm", ModelWidth),
    ];

    private IEnumerable<(string Name, long[] Shape)> BlockTensors(int layer)
    {
        var prefix = VisualFrontEnd.Block(layer);
        return
        [
            .. Norm(prefix + "norm1", Width),
            .. Affine(prefix + "attn.qkv", 3 * Width, Width),
            .. Affine(prefix + "attn.proj", Width, Width),
            .. Norm(prefix + "norm2", Width),
            .. Affine(prefix + "mlp.fc1", MlpWidth, Width),
            .. Affine(prefix + "mlp.fc2", Width, MlpWidth),
        ];
    }

    private static (string Name, long[] Shape)[] Affine(string name, long outputs, long inputs) =>
        [(name + ".weight", [outputs, inputs]), (name + ".bias", [outputs])];

    private static (string Name, long[] Shape)[] Norm(string name, long width) =>
        [(name + ".weight", [width]), (name + ".bias", [width])];

    private static (int Rows, int Columns) Matrix(ITensorFile file, string name)
    {
        if (!file.Tensors.TryGetValue(name, out var info))
        {
            throw TensorFile.Missing(file, name);
        }

        return info.Shape is [> 0 and <= int.MaxValue, > 0 and <= int.MaxValue]
            ? ((int)info.Shape[0], (int)info.Shape[1])
            : throw new CheckpointException(
                file.Path, name, "a matrix", CheckpointException.Describe([.. info.Shape]), "Check that the file belongs to this kind of adapter.");
    }
}
