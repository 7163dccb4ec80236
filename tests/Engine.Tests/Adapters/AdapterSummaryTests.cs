using System.Buffers.Binary;
using System.Text.Json;
using Herd.Engine.Adapters;
using Herd.Engine.Adapters.Formats;
using Herd.Engine.Bases;
using Herd.Engine.Vision;
using Herd.Testing;
using Herd.Testing.Adapters;
using Xunit;

namespace Herd.Engine.Tests.Adapters;

/// <summary>The sizes of the released adapters, as files of their names and shapes without values: what is counted is what the official code counts.</summary>
public sealed class AdapterSummaryTests : IDisposable
{
    private static readonly VisualFrontEndShape Visual = new(Width: 768, Depth: 8, Heads: 16, MlpWidth: 3072, QueryLength: 10, ClipWidth: 768, ModelWidth: 4096);

    private readonly TestFolder _folder = new();

    [Fact]
    public void Read_ReleasedVisualModels_HaveThePublishedCounts()
    {
        var seven = Llama(4096, 32, 32, 11008);
        var bias = Summary(Multimodal(seven, bias: true, lora: false));
        var lora = Summary(Multimodal(seven, bias: true, lora: true));
        var caption = Summary(Multimodal(seven, bias: false, lora: false));

        Assert.Equal(("multimodal", 32, 63_095_552L), (bias.Layout, bias.Layers, bias.Parameters));
        Assert.Equal(61_731_584, caption.Parameters);
        Assert.Equal(103_072_544, lora.Parameters);
        Assert.Equal([16], lora.Ranks);
        Assert.Equal(590_592 + 1_536 + 7_680 + 56_702_976 + 3_149_824 + 8_192, Parameters(bias, "visual"));
        Assert.Equal(1_269_760 + 1_024, Parameters(bias, "prompts"));
        Assert.Equal(1_097_728 + 266_240, Parameters(bias, "tuning"));
        Assert.Equal(39_976_960, Parameters(lora, "lora"));
        Assert.Equal(32, Parameters(lora, "prompts") - Parameters(bias, "prompts"));
    }

    [Theory]
    [InlineData(4096, 32, 32, 11008, 2_764_800)]
    [InlineData(5120, 40, 40, 13824, 4_326_400)]
    [InlineData(6656, 60, 52, 17920, 8_423_936)]
    [InlineData(8192, 80, 64, 22016, 13_811_712)]
    public void Read_ChatModel_HasThePublishedCount(int width, int layers, int heads, int feedForward, long parameters)
    {
        var summary = Summary(Chat(Llama(width, layers, heads, feedForward)));

        Assert.Equal(("chat", layers, parameters), (summary.Layout, summary.Layers, summary.Parameters));
        Assert.Equal("tuning", Assert.Single(summary.Parts).Name);
    }

    [Fact]
    public void Read_V1_HasThePublishedCount()
    {
        var names = new ChatNames();
        var summary = Summary([(names.Query!, [300, 4096]), .. Enumerable.Range(0, 32).Select(layer => (names.Gate(layer)!, ((IAdapterNames)names).GateShape(32)))]);

        Assert.Equal(("v1", 1_228_800 + 1_024L), (summary.Layout, summary.Parameters));
    }

    [Fact]
    public void Read_EveryForm_TellsTheLayout()
    {
        using var package = AdapterPackage.Read(AdapterSketch.Lora().Write(_folder.In("lora")), AdapterSketch.Options);
        package.Save(_folder.In("lora.herd"));
        var (file, herd) = (AdapterSummary.Read(_folder.In("lora")), AdapterSummary.Read(_folder.In("lora.herd")));

        Assert.Equal("peft", AdapterSummary.Read(new PeftSketch(AdapterSketch.Base).WriteFolder(_folder.In("peft"))).Layout);
        Assert.Equal("early fusion", AdapterSummary.Read(AdapterSketch.Early().Write(_folder.In("early"))).Layout);
        Assert.Equal(("herd", package.Version), (herd.Layout, herd.Manifest!.Version));
        Assert.Equal([2L, 3L], file.Ranks);
        Assert.Equal(file.Parts.Select(part => (part.Name, part.Tensors, part.Parameters)), herd.Parts.Select(part => (part.Name, part.Tensors, part.Parameters)));
        Assert.Equal(package.Parameters, file.Parameters);
    }

    public void Dispose() => _folder.Dispose();

    private static LlamaConfig Llama(int width, int layers, int heads, int feedForward) => new()
    {
        Width = width, Layers = layers, Heads = heads, KvHeads = heads, FeedForwardWidth = feedForward, Vocabulary = 32_000, NormEpsilon = 1e-6f, RopeTheta = 10_000,
    };

    private static long Parameters(AdapterSummary summary, string part) => summary.Parts.Single(candidate => candidate.Name == part).Parameters;

    private static IEnumerable<(string Name, long[] Shape)> Multimodal(LlamaConfig config, bool bias, bool lora)
    {
        const int Rank = 16;
        IAdapterNames names = new MultimodalNames(MultimodalNames.Prefix);
        foreach (var tensor in Visual.Tensors())
        {
            yield return tensor;
        }

        yield return (names.Query!, names.QueryShape(config.Layers - 1, Visual.QueryLength, config.Width));
        for (var layer = 0; layer < config.Layers; layer++)
        {
            yield return (names.Gate(layer)!, names.GateShape(config.Heads));
            foreach (var linear in lora ? TunedLinearExtensions.All : [])
            {
                yield return (names.LoraIn(layer, linear)!, [Rank, linear.InWidth(config)]);
                yield return (names.LoraOut(layer, linear)!, [linear.OutWidth(config), Rank]);
            }

            if (lora)
            {
                yield return (names.NewGate(layer)!, names.NewGateShape);
            }
        }

        foreach (var tensor in bias ? Tuning(names, config) : [])
        {
            yield return tensor;
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> Chat(LlamaConfig config)
    {
        var names = new ChatNames();
        var scales = from layer in Enumerable.Range(0, config.Layers)
                     from linear in TunedLinearExtensions.All
                     select (names.Scale(layer, linear), new long[] { linear.InWidth(config) });
        return Tuning(names, config).Concat(scales);
    }

    private static IEnumerable<(string Name, long[] Shape)> Tuning(IAdapterNames names, LlamaConfig config)
    {
        for (var layer = 0; layer < config.Layers; layer++)
        {
            yield return (names.AttentionNorm(layer)!, [config.Width]);
            yield return (names.FeedForwardNorm(layer)!, [config.Width]);
            foreach (var linear in TunedLinearExtensions.All.Where(linear => names.Bias(0, linear) is not null))
            {
                yield return (names.Bias(layer, linear)!, [linear.OutWidth(config)]);
            }
        }

        yield return (names.FinalNorm!, [config.Width]);
    }

    /// <summary>Looks into a safetensors file whose data is a hole.</summary>
    private AdapterSummary Summary(IEnumerable<(string Name, long[] Shape)> tensors)
    {
        var header = new Dictionary<string, object>();
        long offset = 0;
        foreach (var (name, shape) in tensors)
        {
            var end = offset + (shape.Aggregate(1L, (product, extent) => product * extent) * sizeof(float));
            header.Add(name, new { dtype = "F32", shape, data_offsets = new[] { offset, end } });
            offset = end;
        }

        var path = _folder.In(Guid.NewGuid().ToString());
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        using (var file = File.Create(path))
        {
            Span<byte> length = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
            file.Write(length);
            file.Write(json);
            file.SetLength(file.Position + offset);
        }

        return AdapterSummary.Read(path);
    }
}
