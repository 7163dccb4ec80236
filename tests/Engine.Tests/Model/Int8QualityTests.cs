using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.Tensors;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Model;

/// <summary>How far a base in 8 bits is from itself in float32: on a trained model's own texts, and on random weights, which forgive least.</summary>
public sealed class Int8QualityTests(ITestOutputHelper output)
{
    private const int OneTextIn = 6;

    [Theory]
    [InlineData(ScalarType.BFloat16, EngineWeights.Stored, 2e-4, 0.15, 2e-3)]
    [InlineData(ScalarType.Float32, EngineWeights.Int8, 5e-5, 0.09, 1e-3)]
    [InlineData(ScalarType.BFloat16, EngineWeights.Int8, 3e-4, 0.17, 3e-3)]
    public void Logits_TrainedModel_AreClose(ScalarType dtype, EngineWeights weights, double divergence, double difference, double loss)
    {
        Assert.SkipWhen(ShapesModel.Folder is null, "The trained example model is not beside the checkout.");
        var texts = ShapesModel.Instructions("base").Where((_, index) => index % OneTextIn == 0).Select(text => text.PromptIds.Concat(text.Ids).ToArray());
        var found = Measure(BaseFolder.Open(ShapesModel.In("base")), dtype, weights, [.. texts]);

        Assert.InRange(found.Divergence, 0, divergence);
        Assert.InRange(found.Difference, 0, difference);
        Assert.InRange(Math.Abs(found.Loss - found.WantedLoss), 0, loss);
    }

    [Theory]
    [InlineData("tiny-llama", ScalarType.BFloat16, EngineWeights.Stored, 0.02, 0.3)]
    [InlineData("tiny-llama", ScalarType.Float32, EngineWeights.Int8, 0.05, 0.5)]
    [InlineData("tiny-llama", ScalarType.BFloat16, EngineWeights.Int8, 0.065, 0.6)]
    [InlineData("tiny-llama-gqa", ScalarType.Float32, EngineWeights.Int8, 0.025, 0.35)]
    public void Logits_GoldenBase_AreClose(string name, ScalarType dtype, EngineWeights weights, double divergence, double difference)
    {
        var random = new Random(1);
        int[][] texts = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, 200).Select(_ => random.Next(3, 512)).ToArray())];
        var found = Measure(BaseFolder.Open(Path.Combine(RepositoryFiles.Golden, name), RepositoryFiles.Tokenizer), dtype, weights, texts);

        Assert.InRange(found.Divergence, 0, divergence);
        Assert.InRange(found.Difference, 0, difference);
    }

    private Distance Measure(BaseFolder folder, ScalarType dtype, EngineWeights weights, int[][] texts)
    {
        using var exact = new BareModel(folder, EngineWeights.Stored, ScalarType.Float32);
        using var model = new BareModel(folder, weights, dtype);
        var found = texts.Select(ids =>
        {
            using var scope = NewDisposeScope();
            return Distance.Between(exact.Logits(ids), model.Logits(ids), ids);
        }).ToArray();
        var whole = new Distance(
            found.Average(text => text.Divergence), found.Average(text => text.Difference), found.Average(text => text.Cosine), found.Average(text => text.WantedLoss), found.Average(text => text.Loss));
        output.WriteLine($"{folder.ConfigPath}, {dtype}, {weights}: {whole}");
        return whole;
    }

    /// <summary>Means over the tokens of a text.</summary>
    /// <param name="Divergence">Kullback and Leibler's, of the found distribution from the wanted one, in nats.</param>
    /// <param name="Difference">Root of the mean square of the logits' differences.</param>
    /// <param name="Cosine">Cosine between the logits behind a token.</param>
    /// <param name="WantedLoss">Negative log-probability of the text's next token as wanted, in nats.</param>
    /// <param name="Loss">The same as found.</param>
    private sealed record Distance(double Divergence, double Difference, double Cosine, double WantedLoss, double Loss)
    {
        public static Distance Between(Tensor wanted, Tensor found, int[] ids)
        {
            var (p, q) = (wanted.log_softmax(1), found.log_softmax(1));
            var next = tensor(ids[1..].Select(id => (long)id).ToArray()).unsqueeze(1);
            var away = wanted.Plus(found.neg());
            double Loss(Tensor logs) => -logs[..^1].gather(1, next).mean().item<float>();
            return new Distance(
                (p.exp() * p.Plus(q.neg())).sum(1).mean().item<float>(),
                Math.Sqrt(away.mul(away).mean().item<float>()),
                nn.functional.cosine_similarity(wanted, found, 1).mean().item<float>(),
                Loss(p),
                Loss(q));
        }
    }
}
