using Herd.Conformance.Tests.Golden;
using Herd.Conformance.Tests.Vision;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>Every golden adapter over its base, step by step, against the official programs' logits.</summary>
public sealed class AdapterGoldenTests
{
    private const string Prompt = "prompt_ids";

    public static TheoryData<string> Outputs => Cases.Of(GoldenAdapter.AllOutputs, "outputs of adapters");

    public static TheoryData<string> PictureOutputs => GoldenPictures.Outputs;

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Prefill_GivesTheOfficialLogitsAndIntermediates(string output)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected(output);
        using var model = AdaptedModel.Load(GoldenAdapter.Behind(output));
        var probe = new HiddenStates();
        var logits = model.Model.Step(probe, (model.NewRecordedSequence(), expected.Ids(Prompt)))[0];

        expected.AssertClose("prefill_logits_last", logits[-1], Difference.Logits);
        probe.AssertBlocks(expected, "hidden.");
        probe.AssertAttention(expected, "attention_out.");
        if (expected.Has("prefill_logits_all"))
        {
            expected.AssertClose("prefill_logits_all", logits, Difference.Logits);
        }
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Decode_GivesTheOfficialTokensAndLogits(string output)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected(output);
        using var model = AdaptedModel.Load(GoldenAdapter.Behind(output));

        model.Model.AssertDecode(expected, model.NewRecordedSequence());
    }

    [Theory]
    [MemberData(nameof(PictureOutputs))]
    public void SeveralPicturesInOneStep_GiveTheOfficialLogitsOfEach(string output)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected(output);
        var batches = expected.Matching("batch", "_prefill_logits_last").Select(batch => batch.Name).ToList();
        Assert.SkipWhen(batches.Count == 0, $"{output} records no batch.");
        using var model = AdaptedModel.Load(GoldenAdapter.Behind(output));
        var pictures = GoldenPictures.Prepared();

        Assert.All(batches, name =>
        {
            var parts = Enumerable.Range(0, (int)expected.Read(name).shape[0]).Select(row => (model.NewSequence(pictures[row]), expected.Ids(Prompt)));
            var logits = model.Model.Step(null, [.. parts]);
            expected.AssertClose(name, stack(logits.Select(rows => rows[-1])), Difference.Logits);
        });
    }

    [Theory]
    [MemberData(nameof(PictureOutputs))]
    public void NoPicture_GivesTheOfficialZeroImageLogits(string output)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected(output);
        using var model = AdaptedModel.Load(GoldenAdapter.Behind(output));
        var logits = model.Model.Step(null, (model.NewSequence(), expected.Ids(Prompt)))[0];

        expected.AssertClose("zero_image_prefill_logits_last", logits[-1], Difference.Logits);
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void TheAdapterBesideTheBareBase_EachGivesWhatItGivesAlone(string output)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected(output);
        using var model = AdaptedModel.Load(GoldenAdapter.Behind(output));
        var ids = expected.Ids(Prompt);
        var cut = ids[..((ids.Length + 1) / 2)];
        var alone = model.Model.Step(null, (GoldenModel.NewSequence(), ids))[0];
        var mixed = model.Model.Step(null, (GoldenModel.NewSequence(), ids), (model.NewRecordedSequence(), ids), (GoldenModel.NewSequence(), cut));

        Difference.AssertWithin(Difference.Logits, alone, mixed[0], "the bare base");
        Difference.AssertWithin(Difference.Logits, alone[..cut.Length], mixed[2], "the bare base, cut short");
        expected.AssertClose("prefill_logits_last", mixed[1][-1], Difference.Logits);
    }

    [Fact]
    public void PictureFiles_GiveTheOfficialLogits()
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected("png-end-to-end");
        var recorded = GoldenPictures.RecordedFor(expected, "prefill_logits_last");
        var closest = GoldenPictures.BehindPictureFiles(expected)
            .Select(adapter => LogitsOf(adapter, recorded.Select(logits => logits.File)))
            .MinBy(found => recorded.Zip(found).Max(pair => Difference.Between(expected.Read(pair.First.Name), pair.Second)));

        Assert.All(recorded.Zip(closest!), pair => expected.AssertClose(pair.First.Name, pair.Second, Difference.Logits));
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Loss_OfThePromptsOwnTokens_IsTheOfficialOne(string output)
    {
        using var scope = NewDisposeScope();
        using var expected = GoldenTensors.Expected(output);
        var loss = expected.Read("train_loss_all_tokens");
        using var model = AdaptedModel.Load(GoldenAdapter.Behind(output));
        var ids = expected.Ids(Prompt);
        var logits = model.Model.Step(null, (model.NewRecordedSequence(), ids))[0];
        var next = tensor(ids[1..].Select(id => (long)id).ToArray());

        Difference.AssertWithin(Difference.Loss, loss, nn.functional.cross_entropy(logits[..^1], next).view(loss.shape), "loss");
    }

    private static Tensor[] LogitsOf(GoldenAdapter adapter, IEnumerable<string> pictures)
    {
        Assert.SkipUnless(adapter.Outputs.Any(), $"The golden files hold no prompt of {adapter.Name}.");
        using var outputs = GoldenTensors.Expected(adapter.Outputs.First());
        using var model = AdaptedModel.Load(adapter);
        return [.. pictures.Select(file => model.Model.Step(null, (model.NewSequence(GoldenPictures.FromFile(file, model.ImageSize)[0]), outputs.Ids(Prompt)))[0][-1])];
    }
}
