using Herd.Conformance.Tests.Golden;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.KvCache;
using Herd.Engine.Model;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>A golden base in float32 with its cache and bank, driven step by step.</summary>
internal sealed class GoldenModel : IDisposable
{
    private const int CacheTokens = 2048;

    private readonly WeightStore _weights;
    private readonly BlockAllocator _blocks = new(CacheTokens / BlockAllocator.BlockTokens);

    private GoldenModel(LlamaConfig config, WeightStore weights)
    {
        (Config, _weights) = (config, weights);
        Model = new LlamaModel(config, weights, new ModelRoom(Adapters: 2, _blocks.Total, CacheTokens));
    }

    public LlamaConfig Config { get; }

    public LlamaModel Model { get; }

    /// <summary>Reads a base; skips the test where its form is not supported yet.</summary>
    public static GoldenModel Load(GoldenBase golden)
    {
        var opened = NotSupported.OrSkip(golden.Open);
        using var file = opened.OpenWeights();
        return new GoldenModel(opened.Config, new WeightLoader(opened, EngineWeights.Stored, ScalarType.Float32, [CPU]).Load(file, null, CancellationToken.None));
    }

    public void Fill(AdapterWeights adapter, int slot) => Model.Fill(adapter, slot);

    public static GoldenSequence NewSequence(int slot = 0, PromptKeyValues? prompts = null) => new(slot, prompts);

    /// <summary>Computes one step over several sequences at once.</summary>
    /// <returns>Logits of all rows, one [T, V] per part, owned by the caller's scope.</returns>
    public IReadOnlyList<Tensor> Step(ILayerProbe? probe, params (GoldenSequence Sequence, int[] Ids)[] parts)
    {
        using var noGradients = no_grad();
        var segments = parts.Select(part => part.Sequence.Segment(part.Ids, _blocks)).ToArray();
        var step = new PackedStep(segments, ScalarType.Float32, Model.Devices);
        var hidden = Model.Forward(step, probe);
        return
        [
            .. segments.Select(segment =>
            {
                var placed = step.Segments.Single(candidate => ReferenceEquals(candidate.Segment, segment));
                var rows = hidden.narrow(0, placed.FirstRow, placed.Count);
                return Model.Logits(rows, new RowSlots([segment.Slot], [], CPU));
            }),
        ];
    }

    /// <summary>Feeds the recorded prompt and the recorded answer, and compares the choice and the logits of every step.</summary>
    public void AssertDecode(GoldenTensors expected, GoldenSequence sequence)
    {
        var last = Step(null, (sequence, expected.Ids("prompt_ids")))[0][-1];
        var steps = new List<Tensor>();
        foreach (var id in expected.Ids("greedy_ids"))
        {
            Assert.Equal(id, (int)last.argmax().item<long>());
            last = Step(null, (sequence, [id]))[0][0];
            steps.Add(last);
        }

        expected.AssertClose("decode_logits", stack(steps), Difference.Logits);
    }

    public void Dispose()
    {
        Model.Dispose();
        _weights.Dispose();
    }
}

/// <summary>A sequence's place in the cache.</summary>
internal sealed class GoldenSequence(int slot, PromptKeyValues? prompts)
{
    private readonly List<int> _blocks = [];
    private int _past;

    public Segment Segment(int[] ids, BlockAllocator allocator)
    {
        allocator.TryGrow(_blocks, _past + ids.Length);
        var promptTokens = _past > 0 && ids.Length == 1 ? _past : _past + ids.Length;
        var segment = new Segment { Ids = ids, Past = _past, PromptTokens = promptTokens, Blocks = [.. _blocks], Slot = slot, Prompts = prompts };
        _past += ids.Length;
        return segment;
    }
}
