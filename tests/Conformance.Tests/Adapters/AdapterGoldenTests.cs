using System.Text.RegularExpressions;
using Herd.Conformance.Tests.Model;
using Herd.Engine;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Adapters;

/// <summary>Every golden adapter: read, converted and read again, or refused by what it is.</summary>
public sealed class AdapterGoldenTests
{
    public static TheoryData<string> Adapters => GoldenAdapter.Names;

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Over_every_base_it_is_read_or_refused_as_incompatible(string name)
    {
        var adapter = GoldenAdapter.Of(name);
        adapter.ExpectHeads();
        var configs = GoldenBase.All.Select(golden => golden.TryOpen()?.Config).OfType<LlamaConfig>().ToList();

        Assert.SkipWhen(configs.Count == 0, "The golden files hold no base in a form that is supported.");
        Assert.All(configs, config => Assert.Contains(Refusal(adapter, config), new EngineErrorCode?[] { null, EngineErrorCode.Incompatible }));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Every_form_of_a_released_adapter_is_one_version_with_all_its_values(string name)
    {
        var adapter = GoldenAdapter.Of(name);
        using var folder = new TestFolder();
        var options = adapter.Options(BaseOf(adapter));
        using var package = AdapterPackage.Read(adapter.Path, options);
        package.Save(folder.In("converted"));
        package.Save(folder.In("converted.herd"));

        using var fromFolder = AdapterPackage.Read(folder.In("converted"), options);
        using var fromFile = AdapterPackage.Read(folder.In("converted.herd"), options);

        using var original = TensorFile.Open(adapter.Path);
        Assert.Equal(original.Tensors.Values.Sum(tensor => tensor.Shape.Aggregate(1L, (product, extent) => product * extent)), package.Parameters);
        Assert.Equal(package.Version, fromFolder.Version);
        Assert.Equal(package.Version, fromFile.Version);
        Assert.Equal(package.ManifestJson, fromFile.ManifestJson);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void A_released_adapter_is_written_as_it_was_released(string name)
    {
        var adapter = GoldenAdapter.Of(name);
        using var folder = new TestFolder();
        using var package = AdapterPackage.Read(adapter.Path, adapter.Options(BaseOf(adapter)));
        package.Save(folder.In("released.pth"));

        using var read = AdapterPackage.Read(folder.In("released.pth"), package.ReleasedOptions);
        Assert.Equal(package.ManifestJson, read.ManifestJson);
        using var original = PthFile.Open(adapter.Path);
        using var written = PthFile.Open(folder.In("released.pth"));
        Assert.Equal(original.Root.Keys, written.Root.Keys);
        Assert.Equal(original.Root.GetValueOrDefault("config"), written.Root.GetValueOrDefault("config"));
        Assert.Equal(original.Tensors.Values.OrderBy(tensor => tensor.Name).Select(Told), written.Tensors.Values.OrderBy(tensor => tensor.Name).Select(Told));
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void The_engine_gets_the_values_of_the_file(string name)
    {
        var adapter = GoldenAdapter.Of(name);
        var config = BaseOf(adapter);
        using var package = adapter.Read(config);
        using var weights = AdapterWeights.FromPackage(package, config);
        using var original = TensorFile.Open(adapter.Path);
        using var scope = NewDisposeScope();
        foreach (var tensor in original.Tensors.Keys)
        {
            var parts = tensor.Split('.');
            var layer = LayerOf(tensor);
            var linear = TunedLinearExtensions.All.FirstOrDefault(linear => parts.Any(part => part.Split('_')[0] == linear.OfficialName()));
            var held = parts[^1] switch
            {
                "gate" => weights.Prompts.GetValueOrDefault(layer)?.Gate,
                "new_gate" => null, // a factor of the gate
                _ when parts[^2].StartsWith("lora_", StringComparison.Ordinal) => LoraOf(weights, layer, parts[^2]),
                _ when tensor == "adapter_query.weight" => cat([.. weights.Prompts.OrderBy(prompts => prompts.Key).Select(prompts => prompts.Value.Static!)], 0),
                _ when weights.Visual?.Tensors.ContainsKey(tensor) == true => weights.Visual.Tensors[tensor],
                "bias" => weights.Bias(layer, linear),
                var last when last.EndsWith("_bias", StringComparison.Ordinal) => weights.Bias(layer, linear),
                var last when last.EndsWith("_scale", StringComparison.Ordinal) => weights.InputScale(layer, linear),
                _ when parts[^2] == "attention_norm" => weights.AttentionNorm(layer),
                _ when parts[^2] == "ffn_norm" => weights.FeedForwardNorm(layer),
                _ => weights.FinalNorm,
            };
            var expected = original.Read(tensor).to(ScalarType.Float32).flatten();
            if (parts[^1] == "gate")
            {
                expected = package.Manifest.Prompts!.Gate == GateForm.Tanh ? expected.tanh() : expected;
                var factor = $"{tensor[..^4]}new_gate";
                var hasFactor = original.Tensors.ContainsKey(factor) && package.Manifest.Prompts.Length > 1; // the official program takes none for single prompts
                expected = hasFactor ? expected * original.Read(factor).to(ScalarType.Float32).flatten() : expected;
            }

            Assert.True(held is null ? parts[^1] is "gate" or "new_gate" : held.flatten().equal(expected).all().item<bool>(), tensor);
        }

        Assert.Equal(Enumerable.Range(config.Layers - weights.Prompts.Count, weights.Prompts.Count), weights.Prompts.Keys.Order());
    }

    private static Tensor LoraOf(AdapterWeights weights, int layer, string part)
    {
        var linear = TunedLinearExtensions.All.Single(linear => part.Contains(linear.OfficialName(), StringComparison.Ordinal));
        var pair = weights.Lora(layer, linear)!;
        return part.EndsWith("_l1", StringComparison.Ordinal) ? pair.In : pair.Out;
    }

    private static LlamaConfig BaseOf(GoldenAdapter adapter) => adapter.FittingBases()[0].Open().Config;

    private static EngineErrorCode? Refusal(GoldenAdapter adapter, LlamaConfig config)
    {
        try
        {
            using var package = adapter.Read(config);
            return null;
        }
        catch (EngineException error)
        {
            return error.Code;
        }
    }

    private static int LayerOf(string tensor) => Regex.Match(tensor, @"\blayers\.(\d+)") is { Success: true } match ? int.Parse(match.Groups[1].Value) : -1;

    private static string Told(TensorInfo tensor) => $"{tensor.Name} {tensor.DType} {string.Join('x', tensor.Shape)}";
}
