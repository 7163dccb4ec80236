using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.Model;
using Herd.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Model;

/// <summary>Each stage of a split base holds its own layers and nothing else, and computes on its own device.</summary>
public sealed class SplitModelTests
{
    private static readonly Device Meta = new(DeviceType.META);

    [Theory]
    [InlineData("tiny-llama", 2)]
    [InlineData("tiny-llama/hf", 3)]
    public void Load_SplitOverDevices_GivesEveryStageItsLayers(string name, int devices)
    {
        using var whole = Load(Open(name), [CPU]);
        using var split = Load(Open(name), [.. Enumerable.Repeat(CPU, devices)]);
        var stages = split.Stages;

        Assert.Equal(devices, stages.Count);
        Assert.All(stages, stage => Assert.Equal(stage.Plan.Count, stage.Layers.Count));
        Assert.Equal(Enumerable.Range(0, devices).Select(index => index == 0), stages.Select(stage => stage.Embedding is not null));
        Assert.Equal(Enumerable.Range(1, devices).Select(index => index == devices), stages.Select(stage => stage is { Output: not null, FinalNorm: not null }));
        Assert.Equal(split.Tensors.Count, stages.Sum(stage => stage.Tensors.Count())); // none is in two stages
        Assert.All(
            stages.SelectMany(stage => stage.Plan.Layers.Select(layer => (Found: stage[layer], Wanted: whole.Stages[0][layer]))),
            pair => Assert.All(pair.Wanted.Linears.Zip(pair.Found.Linears), linear => Assert.True(linear.First.Tensors[0].Equals(linear.Second.Tensors[0]))));
        Assert.Equal((whole.Parameters, whole.Bytes), (split.Parameters, split.Bytes));
    }

    [Fact]
    public void Load_SplitOverTwoKindsOfMemory_PutsTensorsWhereTheirStageIs()
    {
        using var split = Load(Open("tiny-llama"), [CPU, Meta]);

        Assert.All(split.Stages[0].Tensors, tensor => Assert.Equal(DeviceType.CPU, tensor.device_type));
        Assert.All(split.Stages[1].Tensors, tensor => Assert.Equal(DeviceType.META, tensor.device_type));
    }

    /// <summary>
    /// Tensors of the meta device have shapes and no values, and libtorch refuses to mix them with others: a product that goes through has all it works with on one
    /// device. It lacks a form of looking rows up, so a whole step cannot be tried so.
    /// </summary>
    [Theory]
    [InlineData(EngineWeights.Stored, "CHAT-BIAS-SCALE-NORM")]
    [InlineData(EngineWeights.Stored, "LORA-BIAS")]
    [InlineData(EngineWeights.Int8, "CHAT-BIAS-SCALE-NORM")]
    public async Task Stage_OnAnotherDevice_ComputesThere(EngineWeights form, string adapter)
    {
        using var folder = new TestFolder();
        var source = Open("tiny-llama");
        var opened = form == EngineWeights.Int8 ? await BaseQuantizer.QuantizeAsync(source, folder.In("out"), cancellationToken: TestContext.Current.CancellationToken) : source;
        using var scope = NewDisposeScope(); // behind the await: scopes and the mode of gradients belong to a thread
        using var noGradients = no_grad();
        using var weights = Load(opened, [CPU, Meta]);
        using var stage = new LayerStage(opened.Config, weights.Stages[1], weights.Dtype, new ModelRoom(Adapters: 1, Blocks: 4, Positions: 64));
        var options = new AdapterReadOptions { BaseConfig = opened.Config, BaseDigest = new string('0', 64), VisualHeads = 4 };
        using var package = AdapterPackage.Read(Path.Combine(RepositoryFiles.Golden, "adapters", adapter + ".pth"), options);
        using var read = AdapterWeights.FromPackage(package, opened.Config);
        stage.Bank.Fill(read, 1);

        var slots = new RowSlots([1, 1, 1, 1], [], Meta);
        var hidden = zeros([4, opened.Config.Width], ScalarType.Float32, Meta);
        foreach (var layer in stage.Weights.Plan.Layers)
        {
            AssertThere(stage.Bank.AttentionNorm(hidden, layer, opened.Config.NormEpsilon, slots), hidden.shape);
            AssertThere(stage.Bank.FeedForwardNorm(hidden, layer, opened.Config.NormEpsilon, slots), hidden.shape);
            Assert.All(TunedLinearExtensions.All, linear => AssertThere(
                stage.Bank.Linear(zeros([4, linear.InWidth(opened.Config)], ScalarType.Float32, Meta), layer, linear, slots), [4, linear.OutWidth(opened.Config)]));

            var (keys, values) = stage.PromptKeyValues(zeros(3, opened.Config.Width), layer, read);
            AssertThere(keys, values.shape);
            AssertThere(values, [1, opened.Config.KvHeads, 3, opened.Config.HeadWidth]);
        }

        AssertThere(stage.Weights.Output!.Product(stage.Bank.FinalNorm(hidden, opened.Config.NormEpsilon, slots)), [4, opened.Config.Vocabulary]);
    }

    private static void AssertThere(Tensor tensor, long[] shape)
    {
        Assert.Equal(DeviceType.META, tensor.device_type);
        Assert.Equal(shape, tensor.shape);
    }

    private static BaseFolder Open(string name) => BaseFolder.Open(Path.Combine(RepositoryFiles.Golden, name), RepositoryFiles.Tokenizer);

    private static WeightStore Load(BaseFolder folder, IReadOnlyList<Device> devices)
    {
        using var file = folder.OpenWeights();
        return new WeightLoader(folder, EngineWeights.Stored, ScalarType.Float32, devices).Load(file, null, CancellationToken.None);
    }
}
