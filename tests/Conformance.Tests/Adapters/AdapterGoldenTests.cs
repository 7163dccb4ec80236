using System.Text.Json;
using System.Text.RegularExpressions;
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
    private static readonly string Folder = Path.Combine(RepositoryFiles.Golden, "adapters");

    public static TheoryData<string> Adapters => [.. Files(covered: true)];

    public static TheoryData<string> Others => [.. Files(covered: false)];

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Every_form_of_a_released_adapter_is_one_version_with_all_its_values(string file)
    {
        using var folder = new TestFolder();
        var options = Options(file);
        using var package = AdapterPackage.Read(Path.Combine(Folder, file), options);
        package.Save(folder.In("converted"));
        package.Save(folder.In("converted.herd"));

        using var fromFolder = AdapterPackage.Read(folder.In("converted"), options);
        using var fromFile = AdapterPackage.Read(folder.In("converted.herd"), options);

        using var original = TensorFile.Open(Path.Combine(Folder, file));
        Assert.Equal(original.Tensors.Values.Sum(tensor => tensor.Shape.Aggregate(1L, (product, extent) => product * extent)), package.Parameters);
        Assert.Equal(package.Version, fromFolder.Version);
        Assert.Equal(package.Version, fromFile.Version);
        Assert.Equal(package.ManifestJson, fromFile.ManifestJson);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void The_engine_gets_the_values_of_the_file(string file)
    {
        var options = Options(file);
        var layers = options.BaseConfig.Layers;
        using var package = AdapterPackage.Read(Path.Combine(Folder, file), options);
        using var weights = AdapterWeights.FromPackage(package, options.BaseConfig);
        using var original = TensorFile.Open(Path.Combine(Folder, file));
        using var scope = NewDisposeScope();
        foreach (var name in original.Tensors.Keys)
        {
            var parts = name.Split('.');
            var layer = LayerOf(name);
            var linear = TunedLinearExtensions.All.FirstOrDefault(linear => parts.Any(part => part.Split('_')[0] == linear.OfficialName()));
            var held = parts[^1] switch
            {
                "gate" => layer < weights.Prompts!.FirstLayer ? null : weights.Prompts.Gate(layer),
                _ when name == "adapter_query.weight" => weights.Prompts!.Query,
                _ when weights.Visual?.Tensors.ContainsKey(name) == true => weights.Visual.Tensors[name],
                "bias" => weights.Bias(layer, linear),
                var last when last.EndsWith("_bias", StringComparison.Ordinal) => weights.Bias(layer, linear),
                var last when last.EndsWith("_scale", StringComparison.Ordinal) => weights.Scale(layer, linear),
                _ when parts[^2] == "attention_norm" => weights.AttentionNorm(layer),
                _ when parts[^2] == "ffn_norm" => weights.FeedForwardNorm(layer),
                _ => weights.FinalNorm,
            };
            var expected = original.Read(name).to(ScalarType.Float32).flatten();
            Assert.True(held is null ? parts[^1] == "gate" : held.flatten().equal(parts[^1] == "gate" ? expected.tanh() : expected).all().item<bool>(), name);
        }

        Assert.True(weights.Prompts is null || weights.Prompts.FirstLayer + weights.Prompts.Layers == layers);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Others))]
    public void What_is_not_supported_yet_is_refused_by_what_it_is(string file)
    {
        var error = Assert.ThrowsAny<EngineException>(() => AdapterPackage.Read(Path.Combine(Folder, file), Options(file)));

        Assert.Equal(EngineErrorCode.Incompatible, error.Code);
        Assert.Matches("(LoRA|V1 prefix) adapters are not supported yet", error.Message);
    }

    /// <summary>Adapters by content: LoRA matrices, and prompts without a visual front end, are not covered.</summary>
    private static IEnumerable<string> Files(bool covered)
    {
        foreach (var path in Directory.EnumerateFiles(Folder, "*.pth").Order(StringComparer.Ordinal))
        {
            using var file = TensorFile.Open(path);
            var names = file.Tensors.Keys.ToList();
            var lora = names.Any(name => name.Contains("lora_", StringComparison.Ordinal));
            var prefix = names.Contains("adapter_query.weight") && !names.Contains("visual_query.weight");
            if (covered == !(lora || prefix))
            {
                yield return Path.GetFileName(path);
            }
        }
    }

    private static int LayerOf(string tensor) => Regex.Match(tensor, @"\blayers\.(\d+)") is { Success: true } match ? int.Parse(match.Groups[1].Value) : -1;

    /// <summary>The base that the adapter fits: as wide as its prompts or its last norm, and with as many layers.</summary>
    private static AdapterReadOptions Options(string name)
    {
        using var file = TensorFile.Open(Path.Combine(Folder, name));
        var tensor = file.Tensors.Values.First(tensor => tensor.Name is "norm.weight" or "adapter_query.weight");
        var layers = 1 + file.Tensors.Keys.Max(LayerOf);
        var config = Directory.EnumerateFiles(RepositoryFiles.Golden, "params.json", SearchOption.AllDirectories)
            .Select(path => LlamaConfig.FromMeta(File.ReadAllText(path), path, tokenizerVocabulary: 1))
            .First(config => config.Width == tensor.Shape[^1] && config.Layers == layers);
        return new AdapterReadOptions { BaseConfig = config, BaseDigest = new string('0', 64), VisualHeads = VisualHeads() };
    }

    private static int VisualHeads()
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Directory.EnumerateFiles(Folder, "*config.json").Single()));
        return config.RootElement.GetProperty("v_num_heads").GetInt32();
    }
}
