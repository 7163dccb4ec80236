using Herd.Engine.Adapters;
using Herd.Engine.Checkpoints;
using Herd.Engine.Execution;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Execution;

/// <summary>In how many layers early fusion puts the picture shows in the trained model's answers.</summary>
public sealed class EarlyFusionShapesTests : IDisposable
{
    private const int EarlyLayers = 3;
    private const int Questions = 24;
    private const double DecisiveGap = 0.02;

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task GenerateAsync_OneEarlyLayerLess_GivesOtherAnswers()
    {
        Assert.SkipWhen(ShapesModel.Folder is null, "The trained example model is not beside the checkout.");
        var options = new EngineOptions { BaseFolder = ShapesModel.In("base"), ClipPath = ShapesModel.In("clip", "clip.pth"), Dtype = EngineDtype.Float32 };
        await using var engine = await TestEngine.LoadAsync(options, TestContext.Current.CancellationToken);
        var reading = engine.AdapterReadOptions with { VisualHeads = 4 };
        using var whole = AdapterPackage.Read(ShapesModel.In("adapters", "scenes-early.safetensors"), reading);
        using var less = AdapterPackage.Read(WithoutLastGate(), reading);

        Assert.Equal(new ManifestEarlyFusion { EarlyLayers = EarlyLayers, Slots = 12 }, whole.Manifest.EarlyFusion);
        Assert.Equal((3, 2, 8), (whole.Manifest.Prompts!.FirstLayer, whole.Manifest.Prompts.Layers, whole.Manifest.Prompts.Length));
        Assert.Equal(EarlyLayers - 1, less.Manifest.EarlyFusion!.EarlyLayers);
        var cases = ShapesModel.Questions("scenes-early").Where(wanted => wanted.Gap > DecisiveGap).Take(Questions).ToArray();
        Assert.Equal(cases.Select(wanted => wanted.Ids), await AnswersAsync(engine, whole, cases));
        Assert.NotEqual(cases.Select(wanted => wanted.Ids), await AnswersAsync(engine, less, cases));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<int[][]> AnswersAsync(TestEngine engine, AdapterPackage package, ShapesCase[] cases)
    {
        var lease = await engine.LoadAdapterAsync(package, TestContext.Current.CancellationToken);
        return await Task.WhenAll(cases.Select(async wanted =>
        {
            var request = new GenerationRequest { PromptIds = wanted.PromptIds, Adapter = lease, Picture = await File.ReadAllBytesAsync(wanted.Picture!), MaxTokens = 48 };
            return (await Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken))).Ids;
        }));
    }

    /// <summary>The adapter without its last visual gate, so that one layer less has the picture.</summary>
    private string WithoutLastGate()
    {
        using var scope = NewDisposeScope();
        using var file = TensorFile.Open(ShapesModel.In("adapters", "scenes-early.safetensors"));
        SafetensorsWriter.Write(_folder.In("less"), file.Tensors.Keys.Where(name => name != $"layers.{EarlyLayers - 1}.attention.visual_gate").ToDictionary(name => name, file.Read));
        return _folder.In("less");
    }
}
