using Herd.Conformance.Tests.Vision;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Execution;
using Herd.Engine.Vision;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>Every golden adapter over its base, step by step, against the official programs' logits.</summary>
public sealed class AdapterGoldenTests
{
    private const int Slot = 1;

    public static TheoryData<string> Multimodal => GoldenAdapter.WithOutputs("mm-", ".safetensors");

    public static TheoryData<string> ChatOutputs =>
        [.. Directory.EnumerateFiles(Golden.In("expected"), "chat-*.safetensors").Select(path => Path.GetFileNameWithoutExtension(path))];

    [Theory]
    [MemberData(nameof(Multimodal))]
    public void Picture_PrefillDecodeAndIntermediates_AreTheOfficialOnes(string adapter)
    {
        using var scope = NewDisposeScope();
        using var world = new World(adapter);
        using var expected = Golden.Expected("mm-" + adapter);
        using var images = Golden.Expected("images");
        using var prompts = world.Prompts(images.Read("imgs")[0]);
        world.AssertOutputs(expected, prompts);
    }

    [Theory]
    [MemberData(nameof(ChatOutputs))]
    public void Text_PrefillDecodeAndIntermediates_AreTheOfficialOnes(string output)
    {
        using var scope = NewDisposeScope();
        using var world = new World(output.ToUpperInvariant());
        using var expected = Golden.Expected(output);
        world.AssertOutputs(expected, null);
    }

    [Theory]
    [MemberData(nameof(Multimodal))]
    public void ThreePicturesInOneStep_GiveTheOfficialLogitsOfEach(string adapter)
    {
        using var scope = NewDisposeScope();
        using var world = new World(adapter);
        using var expected = Golden.Expected("mm-" + adapter);
        using var images = Golden.Expected("images");
        var pictures = images.Read("imgs");
        var prompts = Enumerable.Range(0, (int)pictures.shape[0]).Select(row => world.Prompts(pictures[row])).ToArray();
        var ids = Golden.Ids(expected, "prompt_ids");
        var logits = world.Model.Step(null, [.. prompts.Select(prompt => (GoldenModel.NewSequence(Slot, prompt), ids))]);

        Golden.AssertClose(expected.Read("batch3_prefill_logits_last"), stack(logits.Select(rows => rows[-1])), Golden.LogitTolerance, "last logits");
        Array.ForEach(prompts, prompt => prompt.Dispose());
    }

    [Theory]
    [MemberData(nameof(Multimodal))]
    public void NoPicture_GivesTheOfficialZeroImageLogits(string adapter)
    {
        using var scope = NewDisposeScope();
        using var world = new World(adapter);
        using var expected = Golden.Expected("mm-" + adapter);
        using var prompts = world.Prompts(null);
        var logits = world.Model.Step(null, (GoldenModel.NewSequence(Slot, prompts), Golden.Ids(expected, "prompt_ids")))[0];

        Golden.AssertClose(expected.Read("zero_image_prefill_logits_last"), logits[-1], Golden.LogitTolerance, "last logits");
    }

    [Fact]
    public void PictureFiles_GiveTheOfficialLogits()
    {
        const string Suffix = ".prefill_logits_last";
        using var scope = NewDisposeScope();
        using var expected = Golden.Expected("png-end-to-end");
        using var world = new World(OfPictureFiles());
        using var prompt = Golden.Expected("mm-" + OfPictureFiles());
        var names = expected.Tensors.Keys.Where(name => name.EndsWith(Suffix, StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(names);
        Assert.All(names, name =>
        {
            using var prompts = world.Prompts(VisionGolden.Picture(name[..^Suffix.Length], world.ImageSize)[0]);
            var logits = world.Model.Step(null, (GoldenModel.NewSequence(Slot, prompts), Golden.Ids(prompt, "prompt_ids")))[0];
            Golden.AssertClose(expected.Read(name), logits[-1], Golden.LogitTolerance, name);
        });
    }

    [Theory]
    [MemberData(nameof(Multimodal))]
    public void TheAdapterBesideTheBareBase_EachGivesWhatItGivesAlone(string adapter)
    {
        using var scope = NewDisposeScope();
        using var world = new World(adapter);
        using var expected = Golden.Expected("mm-" + adapter);
        using var images = Golden.Expected("images");
        using var prompts = world.Prompts(images.Read("imgs")[0]);
        var ids = Golden.Ids(expected, "prompt_ids");
        var alone = world.Model.Step(null, (GoldenModel.NewSequence(), ids))[0];
        var mixed = world.Model.Step(null, (GoldenModel.NewSequence(), ids), (GoldenModel.NewSequence(Slot, prompts), ids), (GoldenModel.NewSequence(), ids[..3]));

        Golden.AssertClose(alone, mixed[0], Golden.LogitTolerance, "the bare base");
        Golden.AssertClose(expected.Read("prefill_logits_all"), mixed[1], Golden.LogitTolerance, "the adapter");
        Golden.AssertClose(alone[..3], mixed[2], Golden.LogitTolerance, "the bare base, cut short");
    }

    /// <summary>The recorded picture files belong to one adapter: the one of the recorded outputs that has the most intermediates.</summary>
    private static string OfPictureFiles() => VisionGolden.Adapters.MaxBy(adapter =>
    {
        using var file = Golden.Expected("mm-" + adapter);
        return file.Tensors.Count;
    })!;

    private sealed class World : IDisposable
    {
        private readonly AdapterWeights _adapter;
        private readonly ClipEncoder _encoder = VisionGolden.Clip(VisionGolden.ClipFiles[0]);

        public World(string adapter)
        {
            var folder = GoldenAdapter.BaseFolderOf(adapter);
            Model = GoldenModel.Load(folder);
            using var package = GoldenAdapter.Read(adapter, BaseFolder.Open(folder, Golden.Tokenizer), new string('0', 64));
            _adapter = AdapterWeights.FromPackage(package, Model.Config);
            Model.Fill(_adapter, Slot);
        }

        public GoldenModel Model { get; }

        public int ImageSize => _encoder.ImageSize;

        public PromptKeyValues Prompts(Tensor? image)
        {
            using var noGradients = no_grad();
            var picture = image is null ? null : new PreparedPicture("golden", image.contiguous().data<float>().ToArray());
            return new PromptBuilder(Model.Model, _encoder).Build(_adapter, picture);
        }

        public void AssertOutputs(ITensorFile expected, PromptKeyValues? prompts)
        {
            var probe = new HiddenStates();
            var sequence = GoldenModel.NewSequence(Slot, prompts);
            var ids = Golden.Ids(expected, "prompt_ids");
            var logits = Model.Step(probe, (sequence, ids))[0];
            Golden.AssertClose(expected.Read("prefill_logits_all"), logits, Golden.LogitTolerance, "prefill logits");
            Golden.AssertClose(expected.Read("prefill_logits_last"), logits[-1], Golden.LogitTolerance, "last prefill logits");
            AssertLayers(expected, "hidden.", probe.Blocks, ids.Length);
            AssertLayers(expected, "attention_out.", probe.Attention, ids.Length);

            var last = logits[-1];
            var steps = new List<Tensor>();
            foreach (var id in Golden.Ids(expected, "greedy_ids"))
            {
                Assert.Equal(id, (int)last.argmax().item<long>());
                last = Model.Step(null, (sequence, [id]))[0][0];
                steps.Add(last);
            }

            Golden.AssertClose(expected.Read("decode_logits"), stack(steps), Golden.LogitTolerance, "decode logits");
        }

        public void Dispose()
        {
            _adapter.Dispose();
            _encoder.Dispose();
            Model.Dispose();
        }

        private static void AssertLayers(ITensorFile expected, string prefix, IReadOnlyList<Tensor> layers, int rows)
        {
            foreach (var name in expected.Tensors.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                Golden.AssertClose(expected.Read(name), layers[int.Parse(name[prefix.Length..])].narrow(0, 0, rows), Golden.LogitTolerance, name);
            }
        }
    }
}
