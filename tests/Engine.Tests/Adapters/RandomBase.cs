using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Model;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

/// <summary>A small base of random values.</summary>
internal static class RandomBase
{
    internal static WeightStore Make(LlamaConfig config)
    {
        static LinearWeight Linear(int rows, int columns) => new DenseLinear(randn(rows, columns));
        var layers = Enumerable.Range(0, config.Layers).Select(_ => new LayerWeights(
            randn(config.Width), randn(config.Width), [.. TunedLinearExtensions.All.Select(linear => Linear(linear.OutWidth(config), linear.InWidth(config)))]));
        var stage = new StageWeights(new StagePlan(CPU, 0, config.Layers), [.. layers])
        {
            Embedding = randn(config.Vocabulary, config.Width),
            FinalNorm = randn(config.Width),
            Output = Linear(config.Vocabulary, config.Width),
        };
        return new WeightStore([stage], parameters: 0, new MappedFiles());
    }
}
