using Herd.Engine.Checkpoints;
using Herd.Testing;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Vision;

/// <summary>Makes small random image encoders, sound or spoilt, and the folder they lie in.</summary>
internal sealed class ClipSketch : IDisposable
{
    private readonly TestFolder _folder = new();

    public int Width { get; init; } = 64;

    public int Patch { get; init; } = 4;

    public int Grid { get; init; } = 3;

    public int Layers { get; init; } = 2;

    public int MlpWidth { get; init; } = 256;

    public int OutputWidth { get; init; } = 24;

    public string Folder => _folder.Path;

    public string Write(string file = "clip.safetensors", Action<Dictionary<string, Tensor>>? spoil = null)
    {
        using var scope = NewDisposeScope();
        var tensors = Tensors();
        spoil?.Invoke(tensors);
        var path = _folder.In(file);
        SafetensorsWriter.Write(path, tensors);
        return path;
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>By OpenAI's names; belongs to the caller's scope.</summary>
    public Dictionary<string, Tensor> Tensors()
    {
        var random = new Generator(5);
        var tensors = new Dictionary<string, Tensor>
        {
            ["visual.conv1.weight"] = Draw(random, Width, 3, Patch, Patch),
            ["visual.class_embedding"] = Draw(random, Width),
            ["visual.positional_embedding"] = Draw(random, (Grid * Grid) + 1, Width),
            ["visual.proj"] = Draw(random, Width, OutputWidth),
            ["logit_scale"] = tensor(4.6f),
            ["input_resolution"] = tensor(Grid * Patch),
        };
        AddAffine("visual.ln_pre.", [Width]);
        AddAffine("visual.ln_post.", [Width]);
        foreach (var block in Enumerable.Range(0, Layers).Select(layer => $"visual.transformer.resblocks.{layer}."))
        {
            AddAffine(block + "ln_1.", [Width]);
            AddAffine(block + "attn.in_proj_", [3 * Width, Width]);
            AddAffine(block + "attn.out_proj.", [Width, Width]);
            AddAffine(block + "ln_2.", [Width]);
            AddAffine(block + "mlp.c_fc.", [MlpWidth, Width]);
            AddAffine(block + "mlp.c_proj.", [Width, MlpWidth]);
        }

        random.Dispose();
        return tensors;

        void AddAffine(string prefix, long[] shape)
        {
            tensors[prefix + "weight"] = Draw(random, shape);
            tensors[prefix + "bias"] = Draw(random, shape[0]);
        }
    }

    private static Tensor Draw(Generator random, params long[] shape) => randn(shape, generator: random) * 0.1;
}
