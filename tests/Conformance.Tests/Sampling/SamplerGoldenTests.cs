using Herd.Conformance.Tests.Golden;
using Herd.Engine.Sampling;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Sampling;

/// <summary>The distribution that tokens are drawn from, against the official one.</summary>
public sealed class SamplerGoldenTests
{
    private const string Recorded = "expected/sampling.safetensors";
    private const string Params = ".params";
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Draws =>
        Cases.Of(GoldenTensors.NamesIn(Recorded).Where(name => name.EndsWith(Params, StringComparison.Ordinal)).Select(name => name[..^Params.Length]), "distribution to draw from");

    [Theory]
    [MemberData(nameof(Draws))]
    public void Distribution_IsTheOfficialOne(string name)
    {
        using var scope = NewDisposeScope();
        using var file = GoldenTensors.Open(Recorded);
        var parameters = Floats(file, name + Params);
        var options = new SamplingOptions { Temperature = parameters[0], TopP = parameters[1] };
        var logits = file.Read("logits");
        var kept = file.Read(name + ".kept").data<long>().ToArray();
        var expected = file.Read(name + ".filtered_probs");
        var sampler = new Sampler();

        for (var row = 0; row < logits.shape[0]; row++)
        {
            var (ids, probabilities) = sampler.Distribution(logits[row].data<float>().ToArray(), options);
            var recorded = expected[row].data<float>().ToArray();
            var actual = new float[recorded.Length];
            foreach (var (id, probability) in ids.Zip(probabilities))
            {
                actual[id] = probability;
            }

            // Who is kept shows in the probabilities: rounding alone decides on a candidate that is less likely than the tolerance.
            Assert.All(recorded.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
            Assert.Equal(kept[row], recorded.Count(probability => probability > 0));
            Assert.Equal(1, recorded.Sum(), 1e-4);
        }
    }

    private static float[] Floats(GoldenTensors file, string name) => file.Read(name).data<float>().ToArray();
}
