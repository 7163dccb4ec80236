using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.KvCache;
using Herd.Engine.Model;
using Herd.Engine.Tests.Execution;
using Herd.Engine.Vision;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Training;

/// <summary>What serving computes behind every token of a text.</summary>
internal static class ServedLogits
{
    /// <summary>Logits, [tokens, vocabulary], Float32, owned by the caller's scope.</summary>
    public static Tensor Of(AdapterPackage package, int[] ids, string? picture, ScalarType dtype = ScalarType.Float32)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var config = TinyTraining.Base.Config;
        using var file = TinyTraining.Base.OpenWeights();
        using var weights = new WeightLoader(TinyTraining.Base, EngineWeights.Stored, dtype, [CPU]).Load(file, null, CancellationToken.None);
        using var encoder = ClipEncoder.Load(TinyModel.Options.ClipPath!, ScalarType.Float32, CPU);
        using var adapter = AdapterWeights.FromPackage(package, config);
        using var model = new LlamaModel(config, weights, new ModelRoom(Adapters: 1, Blocks: 8, Positions: 128));
        model.Fill(adapter, 1);
        var prepared = picture is null ? null : PreparedPicture.From(TinyModel.Pictures[picture], PictureLimits.Default, encoder.ImageSize, ChannelOrder.Rgb);
        using var prompts = new PromptBuilder(model, encoder).Build(adapter, prepared);
        var segment = new Segment { Ids = ids, Past = 0, PromptTokens = ids.Length, Slot = 1, Prompts = prompts, Blocks = [.. Enumerable.Range(0, BlockAllocator.BlocksFor(ids.Length))] };
        var hidden = model.Forward(new PackedStep([segment], dtype, model.Devices)).narrow(0, 0, ids.Length);
        return model.Logits(hidden, new RowSlots([.. ids.Select(_ => 1)], [], CPU)).MoveToOuterDisposeScope();
    }
}
