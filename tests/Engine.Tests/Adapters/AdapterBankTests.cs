using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Model;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Adapters;

public sealed class AdapterBankTests : IDisposable
{
    private static readonly LlamaConfig Config = AdapterSketch.Base;

    private readonly TestFolder _folder = new();
    private readonly WeightStore _weights = RandomBase.Make(Config);

    public void Dispose()
    {
        _weights.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Fill_ASlotThatHeldAnother_LeavesNothingOfIt()
    {
        using var scope = NewDisposeScope();
        // The chat model scales and biases everything; the visual one has neither scales nor all biases. Slot 2 asks for all of them.
        using var first = Read(AdapterSketch.Chat(), "chat");
        using var second = Read(AdapterSketch.Multimodal(), "visual");
        using var used = new AdapterBank(Config, _weights.Stages[0], ScalarType.Float32, adapters: 2);
        using var fresh = new AdapterBank(Config, _weights.Stages[0], ScalarType.Float32, adapters: 2);
        used.Fill(first, 2);
        fresh.Fill(first, 2);
        used.Fill(first, 1);
        var asFirst = Outputs(used, slot: 1);
        used.Fill(second, 1);
        fresh.Fill(second, 1);

        var (expected, found) = (Outputs(fresh, slot: 1), Outputs(used, slot: 1));
        Assert.All(expected.Zip(found), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
        Assert.Contains(expected.Zip(asFirst), pair => !pair.First.equal(pair.Second).all().item<bool>());
    }

    [Fact]
    public void Fill_OtherSlots_LeavesTheBareBaseAsItWas()
    {
        using var scope = NewDisposeScope();
        using var adapter = Read(AdapterSketch.Chat(), "chat");
        using var bank = new AdapterBank(Config, _weights.Stages[0], ScalarType.Float32, adapters: 2);
        var bare = Outputs(bank, slot: 0);
        bank.Fill(adapter, 1);
        bank.Fill(adapter, 2);
        Assert.All(bare.Zip(Outputs(bank, slot: 0)), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
        Assert.Contains(bare.Zip(Outputs(bank, slot: 1)), pair => !pair.First.equal(pair.Second).all().item<bool>());
    }

    [Fact]
    public void Linear_RowsOfSeveralSlots_AreComputedAsEachAlone()
    {
        using var scope = NewDisposeScope();
        using var chat = Read(AdapterSketch.Chat(), "chat");
        using var visual = Read(AdapterSketch.Lora(), "visual");
        using var bank = new AdapterBank(Config, _weights.Stages[0], ScalarType.Float32, adapters: 2);
        bank.Fill(chat, 1);
        bank.Fill(visual, 2);

        // Four generated tokens of all slots, one with low-rank pairs; then a prompt of slot 1 and one of the bare base.
        int[] slots = [0, 1, 1, 2, 1, 1, 1, 0];
        var mixed = new RowSlots([0, 1, 1, 2], [new RowRange(4, 3, 1), new RowRange(7, 1, 0)], CPU);
        foreach (var linear in TunedLinearExtensions.All)
        {
            var rows = randn(8, linear.InWidth(Config));
            var together = bank.Linear(rows, 1, linear, mixed);
            foreach (var (row, slot) in slots.Index())
            {
                Assert.True(together[row].equal(bank.Linear(rows, 1, linear, Single(slot))[row]).all().item<bool>(), $"{linear}, row {row}");
            }
        }
    }

    private static RowSlots Single(int slot) => new([.. Enumerable.Repeat(slot, 8)], [], CPU);

    /// <summary>All that a slot changes, on rows that are always the same and share their step with slot 2.</summary>
    private static List<Tensor> Outputs(AdapterBank bank, int slot)
    {
        using var random = new Generator(7);
        var slots = new RowSlots([slot, slot, 2, 2], [], CPU);
        var outputs = new List<Tensor>();
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            outputs.AddRange(TunedLinearExtensions.All.Select(linear => bank.Linear(randn([4, linear.InWidth(Config)], generator: random), layer, linear, slots)));
            outputs.Add(bank.AttentionNorm(randn([4, Config.Width], generator: random), layer, Config.NormEpsilon, slots));
            outputs.Add(bank.FeedForwardNorm(randn([4, Config.Width], generator: random), layer, Config.NormEpsilon, slots));
        }

        outputs.Add(bank.FinalNorm(randn([4, Config.Width], generator: random), Config.NormEpsilon, slots));
        return [.. outputs.Select(rows => rows[..2])];
    }

    private AdapterWeights Read(AdapterSketch sketch, string name)
    {
        using var package = AdapterPackage.Read(sketch.Write(_folder.In(name + ".safetensors")), AdapterSketch.Options);
        return AdapterWeights.FromPackage(package, Config);
    }
}
