using Herd.Engine.Checkpoints;
using Herd.Engine.Execution;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Parameters;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Encoders;

/// <summary>An image encoder of CLIP's form whose tensors are Float32 leaves.</summary>
/// <remarks>Owns its tensors. One thread at a time.</remarks>
public sealed class TrainableEncoder : IDisposable
{
    /// <summary>What stands in front of its names among those of all trained tensors.</summary>
    public const string Prefix = "clip.";

    // CLIP starts its embeddings so (arXiv:2103.00020); what follows is normalised, so the exact number matters little.
    private const double Deviation = 0.02;

    private readonly ClipEncoder _encoder;

    private TrainableEncoder(ClipEncoder encoder)
    {
        _encoder = encoder;
        Tensors = encoder.Tensors.ToDictionary(tensor => Prefix + tensor.Key, tensor => tensor.Value);
    }

    /// <summary>What can be trained, by name: Float32 leaves, borrowed.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>Side of its pictures, in pixels.</summary>
    public int ImageSize => _encoder.ImageSize;

    /// <summary>Features of a token that leaves it.</summary>
    public int OutputWidth => _encoder.OutputWidth;

    /// <summary>Patches of a picture, without the class token.</summary>
    public int PatchCount => _encoder.TokenCount - 1;

    /// <summary>An encoder of random values.</summary>
    /// <param name="blueprint">Its sizes.</param>
    /// <param name="seed">Decides the values.</param>
    /// <returns>The encoder, owned by the caller.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: there is no such encoder.</exception>
    public static TrainableEncoder New(EncoderBlueprint blueprint, long seed)
    {
        ArgumentNullException.ThrowIfNull(blueprint);
        blueprint.Validate();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var file = new TensorsInMemory(NewTensors(blueprint, seed));
        return new TrainableEncoder(ClipEncoder.Of(file, ScalarType.Float32, CPU));
    }

    /// <summary>An encoder from its file.</summary>
    /// <param name="path">As <see cref="ClipEncoder.Load"/> takes it.</param>
    /// <returns>The encoder, owned by the caller.</returns>
    /// <exception cref="CheckpointException">The file is missing or damaged.</exception>
    public static TrainableEncoder Read(string path) => new(ClipEncoder.Load(path, ScalarType.Float32, CPU));

    /// <summary>Writes the encoder under OpenAI's names.</summary>
    /// <param name="path">A <c>.safetensors</c> file; one that is there is replaced.</param>
    /// <param name="type">The type that values are rounded to; norms stay in float32.</param>
    public void Save(string path, EngineDtype type)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var rounded = type == EngineDtype.Float32 ? ScalarType.Float32 : ScalarType.BFloat16;
        SafetensorsWriter.Write(path, _encoder.Tensors.ToDictionary(
            tensor => tensor.Key, tensor => tensor.Key.Contains("ln_", StringComparison.Ordinal) ? tensor.Value.detach() : tensor.Value.detach().to(rounded)));
    }

    /// <inheritdoc/>
    public void Dispose() => _encoder.Dispose();

    /// <summary>Features of pictures, with gradients.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <returns>[B, tokens, OutputWidth], Float32; the class token first. Belongs to the caller's scope.</returns>
    internal Tensor Forward(IReadOnlyList<TrainingPicture> pictures) =>
        _encoder.Forward(PicturePixels.Stack(pictures, ImageSize, CPU));

    private static Dictionary<string, Tensor> NewTensors(EncoderBlueprint blueprint, long seed)
    {
        var (tensors, width) = (new Dictionary<string, Tensor>(), (long)blueprint.Width);
        void Normal(string name, params long[] shape) => tensors.Add(name, RandomValues.Normal(name, seed, shape, Deviation));
        void Norm(string name)
        {
            tensors.Add(name + ".weight", ones(width));
            tensors.Add(name + ".bias", zeros(width));
        }

        void Linear(string weight, string bias, long outputs, long inputs)
        {
            tensors.Add(weight, RandomValues.Linear(weight, seed, [outputs, inputs], inputs));
            tensors.Add(bias, zeros(outputs));
        }

        tensors.Add(ClipShape.PatchWeight, RandomValues.Linear(ClipShape.PatchWeight, seed, [width, 3, blueprint.Patch, blueprint.Patch], 3L * blueprint.Patch * blueprint.Patch));
        Normal(ClipShape.Prefix + "class_embedding", width);
        Normal(ClipShape.Positions, blueprint.Tokens, width);
        Norm(ClipShape.Prefix + "ln_pre");
        Norm(ClipShape.Prefix + "ln_post");
        tensors.Add(ClipShape.Projection, RandomValues.Linear(ClipShape.Projection, seed, [width, blueprint.OutputWidth], width));
        for (var layer = 0; layer < blueprint.Layers; layer++)
        {
            var block = ClipShape.Block(layer);
            Norm(block + "ln_1");
            Norm(block + "ln_2");
            Linear(block + "attn.in_proj_weight", block + "attn.in_proj_bias", 3 * width, width);
            Linear(block + "attn.out_proj.weight", block + "attn.out_proj.bias", width, width);
            Linear(block + "mlp.c_fc.weight", block + "mlp.c_fc.bias", 4 * width, width);
            Linear(block + "mlp.c_proj.weight", block + "mlp.c_proj.bias", width, 4 * width);
        }

        return tensors;
    }
}
