using Herd.Engine.Checkpoints;

namespace Herd.Engine.Vision;

/// <summary>The dimensions of an image encoder, read off the shapes of its tensors.</summary>
/// <param name="Width">Features of a token inside the encoder.</param>
/// <param name="Patch">Side of a patch, in pixels.</param>
/// <param name="Tokens">The class token and one token for each patch.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="MlpWidth">Features between the two linear maps of a block.</param>
/// <param name="OutputWidth">Features of a token that leaves the encoder.</param>
internal sealed record ClipShape(long Width, long Patch, long Tokens, int Layers, long MlpWidth, long OutputWidth)
{
    public const string Prefix = "visual.";
    public const string PatchWeight = Prefix + "conv1.weight";
    public const string Positions = Prefix + "positional_embedding";
    public const string Projection = Prefix + "proj";
    public const int Colours = 3;

    private const long HeadWidth = 64;
    private const string Fix = "Take OpenAI's file of the image encoder, or Hugging Face's form of it.";

    public int Heads => (int)(Width / HeadWidth);

    /// <summary>Patches along one side.</summary>
    public long Grid => (long)Math.Sqrt(Tokens - 1);

    public int ImageSize => (int)(Grid * Patch);

    public static string Block(int layer) => $"{Prefix}transformer.resblocks.{layer}.";

    /// <exception cref="CheckpointException">A tensor is missing, or the shapes are not those of such an encoder.</exception>
    public static ClipShape Of(ITensorFile file)
    {
        var patches = Find(file, PatchWeight, 4);
        var positions = Find(file, Positions, 2);
        var mlp = Find(file, Block(0) + "mlp.c_fc.weight", 2);
        var projection = Find(file, Projection, 2);
        var layers = 0;
        while (file.Tensors.ContainsKey(Block(layers) + "ln_1.weight"))
        {
            layers++;
        }

        var shape = new ClipShape(patches[0], patches[2], positions[0], layers, mlp[0], projection[1]);
        if (patches[0] < HeadWidth || patches[0] % HeadWidth != 0 || patches[1] != Colours || patches[2] < 1 || patches[2] != patches[3])
        {
            throw Misfit(file, PatchWeight, $"[a multiple of {HeadWidth}, {Colours}, patch, patch]", patches);
        }

        if (shape.Tokens < 2 || (shape.Grid * shape.Grid) + 1 != shape.Tokens)
        {
            throw Misfit(file, Positions, "one row for the class token and one for each patch of a square", positions);
        }

        return shape;
    }

    private static long[] Find(ITensorFile file, string name, int axes)
    {
        if (!file.Tensors.TryGetValue(name, out var info))
        {
            throw new CheckpointException(file.Path, name, "a tensor of this name", "none", Fix);
        }

        long[] shape = [.. info.Shape];
        return shape.Length == axes ? shape : throw Misfit(file, name, $"{axes} axes", shape);
    }

    private static CheckpointException Misfit(ITensorFile file, string name, string expected, long[] found) =>
        new(file.Path, name, expected, CheckpointException.Describe(found), Fix);
}
