using Herd.Conformance.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>Every golden base in every form it is stored in, against the official programs' logits.</summary>
public sealed class BaseGoldenTests
{
    private const string Hidden = "prefill_hidden.";

    public static TheoryData<string> Bases => Cases.Of(GoldenBase.All.Select(golden => golden.Name), "base");

    [Theory]
    [MemberData(nameof(Bases))]
    public void Prefill_GivesTheOfficialLogitsAndHiddenStates(string name)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Open(GoldenBase.Of(name).OutputsName);
        using var model = GoldenModel.Load(GoldenBase.Of(name));
        var probe = new HiddenStates();
        var logits = model.Step(probe, (GoldenModel.NewSequence(), expected.Ids("prompt_ids")))[0];

        expected.AssertClose("prefill_logits", logits, Difference.Logits);
        probe.AssertBlocks(expected, Hidden);
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public void Prefill_InChunks_GivesTheOfficialLogits(string name)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Open(GoldenBase.Of(name).OutputsName);
        using var model = GoldenModel.Load(GoldenBase.Of(name));
        var ids = expected.Ids("prompt_ids");
        foreach (var size in new[] { 1, 3, 4, ids.Length })
        {
            var sequence = GoldenModel.NewSequence();
            var parts = ids.Chunk(size).Select(chunk => model.Step(null, (sequence, chunk))[0]).ToArray();
            expected.AssertClose("chunked_prefill_logits", cat(parts, 0), Difference.Logits);
        }
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public void Decode_GivesTheOfficialTokensAndLogits(string name)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Open(GoldenBase.Of(name).OutputsName);
        using var model = GoldenModel.Load(GoldenBase.Of(name));

        model.AssertDecode(expected, GoldenModel.NewSequence());
    }
}
