using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Testing.Adapters;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Execution;

/// <summary>Kinds of adapters of which there is no golden file, made of the tensors of those there are.</summary>
internal static class MadeAdapters
{
    private const string Layers = "layers.";
    private const int Prompts = 3;

    /// <summary>Early fusion: the chat model, the visual model's front end, visual slots in the first half of the layers and static prompts in the second.</summary>
    public static void WriteEarly(string path)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        var tensors = Read(TinyModel.Chat, _ => true);
        foreach (var (name, tensor) in Read(TinyModel.Visual, name => name.StartsWith("clip_proj", StringComparison.Ordinal) || name.StartsWith("visual_", StringComparison.Ordinal)))
        {
            tensors.Add(name, tensor);
        }

        var (layers, width) = (CountLayers(tensors), tensors["norm.weight"].shape[0]);
        var gate = Read(TinyModel.Visual, name => name.EndsWith(".attention.gate", StringComparison.Ordinal)).Values.First();
        for (var layer = 0; layer < layers; layer++)
        {
            var attention = $"{Layers}{layer}.attention";
            tensors.Add(attention + (layer < layers / 2 ? ".visual_gate" : ".prompt_gate"), randn(gate.shape, generator: random));
            if (layer >= layers / 2)
            {
                tensors.Add(attention + ".prompt", randn([Prompts, width], generator: random));
            }
        }

        SafetensorsWriter.Write(path, tensors);
    }

    /// <summary>The paper's order: the chat model with its scales behind the matrices, so that inner and outer width change places.</summary>
    public static void WritePaperOrder(string path)
    {
        using var scope = NewDisposeScope();
        var tensors = Read(TinyModel.Chat, _ => true);
        for (var layer = 0; layer < CountLayers(tensors); layer++)
        {
            string Scale(string linear) => $"{Layers}{layer}.feed_forward.{linear}_scale";
            var (narrow, wide) = (tensors[Scale("w1")], tensors[Scale("w2")]);
            (tensors[Scale("w1")], tensors[Scale("w3")], tensors[Scale("w2")]) = (wide, wide, narrow);
        }

        SafetensorsWriter.Write(path, tensors);
    }

    /// <summary>A LoRA as PEFT saves it, alone over the base: no prompts, no norms.</summary>
    public static void WritePeft(string folder, LlamaConfig config)
    {
        using var scope = NewDisposeScope();
        var sketch = new PeftSketch(config);
        sketch.Config["lora_alpha"] = 0.05; // its values are large
        sketch.WriteFolder(folder);
    }

    private static int CountLayers(Dictionary<string, Tensor> tensors) => tensors.Keys.Count(name => name.EndsWith(".attention_norm.weight", StringComparison.Ordinal));

    private static Dictionary<string, Tensor> Read(string adapter, Func<string, bool> wanted)
    {
        using var file = TensorFile.Open(TinyModel.Golden("adapters", adapter + ".pth"));
        return file.Tensors.Keys.Where(wanted).ToDictionary(name => name, file.Read);
    }
}
