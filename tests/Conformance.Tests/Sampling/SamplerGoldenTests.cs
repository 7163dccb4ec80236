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
            var row32 = expected[row].data<float>().ToArray();

            Assert.Equal(kept[row], ids.Length);
            Assert.All(ids.Zip(probabilities), pair => Assert.Equal(row32[pair.First], pair.Second, Tolerance));
            Assert.Equal(1, row32.Sum(), 1e-4);
            Assert.Equal(ids.Order(), Enumerable.Range(0, row32.Length).Where(id => row32[id] > 0));
        }
    }

    private static float[] Floats(GoldenTensors file, string name) => file.Read(name).data<float>().ToArray();
}
