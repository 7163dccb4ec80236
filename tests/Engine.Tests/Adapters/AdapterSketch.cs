using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

/// <summary>Small random adapters under the names of released files, to be changed and written.</summary>
internal sealed class AdapterSketch
{
    internal static readonly LlamaConfig Base = new()
    {
        Width = 8,
        Layers = 3,
        Heads = 4,
        KvHeads = 2,
        FeedForwardWidth = 12,
        Vocabulary = 32,
        NormEpsilon = 1e-5f,
        RopeTheta = 10_000,
    };

    internal static readonly AdapterReadOptions Options = new() { BaseConfig = Base, BaseDigest = new string('b', 64), VisualHeads = 2 };

    private const int PromptLayers = 2;
    private static readonly VisualFrontEndShape Visual = new(Width: 4, Depth: 2, Heads: 2, MlpWidth: 6, QueryLength: 3, ClipWidth: 5, ModelWidth: Base.Width);

    internal Dictionary<string, Tensor> Tensors { get; } = [];

    /// <summary>A visual model: prompts, gates of all layers in Float16, biases, norms.</summary>
    internal static AdapterSketch Multimodal(string prefix = "llama.")
    {
        var sketch = new AdapterSketch();
        foreach (var (name, shape) in Visual.Tensors())
        {
            sketch.Add(name, shape);
        }

        sketch.Add("adapter_query.weight", PromptLayers * Visual.QueryLength, Base.Width);
        for (var layer = 0; layer < Base.Layers; layer++)
        {
            sketch.Add($"{prefix}layers.{layer}.attention.gate", 1, Base.Heads, 1, 1);
            sketch.Change($"{prefix}layers.{layer}.attention.gate", gate => gate.to(ScalarType.Float16));
            foreach (var linear in (TunedLinear[])[TunedLinear.Query, TunedLinear.Output, TunedLinear.Gate, TunedLinear.Down, TunedLinear.Up])
            {
                sketch.Add($"{prefix}layers.{layer}.{Part(linear)}.{linear.OfficialName()}.bias", linear.OutWidth(Base));
            }

            sketch.AddNorms(prefix, layer);
        }

        sketch.Add(prefix + "norm.weight", Base.Width);
        return sketch;
    }

    /// <summary>A chat model: bias and scale of all seven matrices, norms.</summary>
    internal static AdapterSketch Chat()
    {
        var sketch = new AdapterSketch();
        for (var layer = 0; layer < Base.Layers; layer++)
        {
            foreach (var linear in TunedLinearExtensions.All)
            {
                sketch.Add($"layers.{layer}.{Part(linear)}.{linear.OfficialName()}_bias", linear.OutWidth(Base));
                sketch.Add($"layers.{layer}.{Part(linear)}.{linear.OfficialName()}_scale", linear.InWidth(Base));
            }

            sketch.AddNorms("", layer);
        }

        sketch.Add("norm.weight", Base.Width);
        return sketch;
    }

    /// <summary>A chat model with its scales behind the matrices, as the paper writes them.</summary>
    internal static AdapterSketch PaperOrder()
    {
        var sketch = Chat();
        foreach (var name in sketch.Tensors.Keys.Where(name => name.EndsWith("_scale", StringComparison.Ordinal)).ToArray())
        {
            sketch.Add(name, sketch.Tensors[name.Replace("_scale", "_bias", StringComparison.Ordinal)].shape);
        }

        return sketch;
    }

    /// <summary>A visual model whose LLaMA parts have low-rank pairs of two ranks, and further gates.</summary>
    internal static AdapterSketch Lora()
    {
        var sketch = Multimodal();
        for (var layer = 0; layer < Base.Layers; layer++)
        {
            sketch.Add($"llama.layers.{layer}.attention.new_gate", 1, 1, 1, 1);
            foreach (var linear in TunedLinearExtensions.All)
            {
                var rank = linear.IsAttention() ? 2 : 3;
                sketch.Add($"llama.layers.{layer}.{Part(linear)}.lora_{linear.OfficialName()}_l1.weight", rank, linear.InWidth(Base));
                sketch.Add($"llama.layers.{layer}.{Part(linear)}.lora_{linear.OfficialName()}_l2.weight", linear.OutWidth(Base), rank);
            }
        }

        return sketch;
    }

    /// <summary>The paper's early fusion: visual slots in layers 0 and 1, static prompts in layer 2, and what the chat model tunes.</summary>
    internal static AdapterSketch Early()
    {
        var sketch = Chat();
        foreach (var (name, shape) in Visual.Tensors())
        {
            sketch.Add(name, shape);
        }

        sketch.Add("layers.0.attention.visual_gate", 1, Base.Heads, 1, 1);
        sketch.Add("layers.1.attention.visual_gate", 1, Base.Heads, 1, 1);
        sketch.Add("layers.2.attention.prompt", 5, Base.Width);
        sketch.Add("layers.2.attention.prompt_gate", 1, Base.Heads, 1, 1);
        return sketch;
    }

    /// <summary>V1: static prompts in the last two layers, gates in all.</summary>
    internal static AdapterSketch Prefix()
    {
        var sketch = new AdapterSketch();
        sketch.Add("adapter_query.weight", 20, Base.Width);
        for (var layer = 0; layer < Base.Layers; layer++)
        {
            sketch.Add($"layers.{layer}.attention.gate", 1, Base.Heads, 1, 1);
        }

        return sketch;
    }

    internal static AdapterSketch Of(string layout) => layout == "chat" ? Chat() : Multimodal();

    internal void Add(string name, params long[] shape)
    {
        using var random = new Generator((ulong)Tensors.Count);
        Tensors[name] = randn(shape, generator: random);
    }

    internal void Change(string name, Func<Tensor, Tensor> change) => Tensors[name] = change(Tensors[name]);

    internal string Write(string path)
    {
        SafetensorsWriter.Write(path, Tensors);
        return path;
    }

    private static string Part(TunedLinear linear) => linear.IsAttention() ? "attention" : "feed_forward";

    private void AddNorms(string prefix, int layer)
    {
        Add($"{prefix}layers.{layer}.attention_norm.weight", Base.Width);
        Add($"{prefix}layers.{layer}.ffn_norm.weight", Base.Width);
    }
}
