using Herd.Engine.Checkpoints;
using static TorchSharp.torch;

namespace Herd.Engine.Vision;

/// <summary>Hugging Face's form of CLIP under OpenAI's names: queries, keys and values put together, the output projection turned.</summary>
/// <remarks>
/// The text tower is passed over; any other tensor is refused by the encoder. Settings beside the file are held to what the encoder computes (<see cref="HuggingFaceClipConfig"/>).
/// Names: docs/engine.md, "Image encoder files".
/// </remarks>
internal sealed class HuggingFaceClip : ITensorFile
{
    public const string PatchWeight = Model + "embeddings.patch_embedding.weight";

    private const string Model = "vision_model.";
    private const string Layers = Model + "encoder.layers.";
    private const string ProjectionWeight = "visual_projection.weight";

    private static readonly (string Theirs, string Ours)[] Outside =
    [
        (Model + "embeddings.class_embedding", "class_embedding"),
        (PatchWeight, "conv1.weight"),
        (Model + "embeddings.position_embedding.weight", "positional_embedding"),
        (Model + "pre_layrnorm.weight", "ln_pre.weight"),
        (Model + "pre_layrnorm.bias", "ln_pre.bias"),
        (Model + "post_layernorm.weight", "ln_post.weight"),
        (Model + "post_layernorm.bias", "ln_post.bias"),
    ];

    private static readonly (string Theirs, string Ours)[] Inside =
        [("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("self_attn.out_proj", "attn.out_proj"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj")];

    private static readonly string[] Attention = ["q_proj", "k_proj", "v_proj"];
    private static readonly string[] Ignored = ["text_model.", "text_projection.", "logit_scale", Model + "embeddings.position_ids"];

    private readonly ITensorFile _file;
    private readonly Dictionary<string, string[]> _sources = []; // several are put together along the first axis

    /// <summary>Takes a file over, also where it fails.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="CheckpointException">A tensor is missing or unknown, or the settings ask for another encoder.</exception>
    public HuggingFaceClip(ITensorFile file)
    {
        _file = file;
        try
        {
            Map();
            ExpectAllKnown();
            Tensors = _sources.ToDictionary(source => source.Key, source => Describe(source.Key, source.Value));
            HuggingFaceClipConfig.Check(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(file.Path))!, ClipShape.Of(this));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Whether a file is of this form.</summary>
    public static bool Looks(ITensorFile file) => file.Tensors.ContainsKey(PatchWeight);

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        if (!_sources.TryGetValue(name, out var sources))
        {
            throw TensorFile.Missing(this, name);
        }

        using var scope = NewDisposeScope();
        Tensor[] parts = [.. sources.Select(_file.Read)];
        var joined = parts is [var only] ? only : cat(parts, 0);
        return (name == ClipShape.Projection ? joined.t().contiguous() : joined).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <returns>Null: the values are put together in memory.</returns>
    public TensorPlace? Locate(string name) => null;

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Map()
    {
        foreach (var (theirs, ours) in Outside)
        {
            _sources.Add(ClipShape.Prefix + ours, [theirs]);
        }

        _sources.Add(ClipShape.Projection, [ProjectionWeight]);
        for (var layer = 0; _file.Tensors.ContainsKey($"{Layers}{layer}.layer_norm1.weight"); layer++)
        {
            foreach (var kind in (string[])["weight", "bias"])
            {
                foreach (var (theirs, ours) in Inside)
                {
                    _sources.Add($"{ClipShape.Block(layer)}{ours}.{kind}", [$"{Layers}{layer}.{theirs}.{kind}"]);
                }

                _sources.Add($"{ClipShape.Block(layer)}attn.in_proj_{kind}", [.. Attention.Select(part => $"{Layers}{layer}.self_attn.{part}.{kind}")]);
            }
        }
    }

    private TensorInfo Describe(string name, string[] sources)
    {
        TensorInfo[] parts = [.. sources.Select(source => _file.Tensors.TryGetValue(source, out var info) ? info : throw TensorFile.Missing(_file, source))];
        if (parts.FirstOrDefault(part => part.DType != parts[0].DType || !part.Shape.SequenceEqual(parts[0].Shape)) is { } other)
        {
            throw Refuse(other.Name, $"{parts[0].DType} {CheckpointException.Describe([.. parts[0].Shape])} as in {CheckpointException.Quote(parts[0].Name)}", $"{other.DType} {CheckpointException.Describe([.. other.Shape])}");
        }

        long[] shape = [.. parts[0].Shape];
        if (name == ClipShape.Projection)
        {
            Array.Reverse(shape);
        }
        else if (shape.Length > 0)
        {
            shape[0] *= parts.Length;
        }

        return new TensorInfo(name, parts[0].DType, shape);
    }

    private void ExpectAllKnown()
    {
        var known = _sources.Values.SelectMany(names => names).ToHashSet();
        if (_file.Tensors.Keys.FirstOrDefault(name => !known.Contains(name) && !Array.Exists(Ignored, part => name.StartsWith(part, StringComparison.Ordinal))) is { } unknown)
        {
            throw Refuse(unknown, "only known tensors of CLIP", "another");
        }
    }

    private CheckpointException Refuse(string tensor, string expected, string found) => new(_file.Path, tensor, expected, found, "Check that the file belongs to a CLIP image encoder.");
}
