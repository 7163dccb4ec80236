using Herd.Engine.Checkpoints;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>Every golden base in every form it is stored in, against the official programs' logits.</summary>
public sealed class BaseGoldenTests
{
    private const string ExpectedFile = "expected.safetensors";

    /// <summary>Folders with expected outputs, and the forms of the base beside them.</summary>
    public static TheoryData<string, string> Forms
    {
        get
        {
            var forms = new TheoryData<string, string>();
            foreach (var folder in Directory.EnumerateDirectories(RepositoryFiles.Golden).Where(folder => File.Exists(Path.Combine(folder, ExpectedFile))).Order())
            {
                foreach (var form in new[] { ".", "hf" }.Where(form => File.Exists(Path.Combine(folder, form, form == "hf" ? "config.json" : "params.json"))))
                {
                    forms.Add(Path.GetFileName(folder), form);
                }
            }

            return forms;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Prefill_GivesTheOfficialLogitsAndHiddenStates(string name, string form)
    {
        using var scope = NewDisposeScope();
        using var model = Load(name, form);
        using var expected = TensorFile.Open(Golden.In(name, ExpectedFile));
        var probe = new HiddenStates();
        var logits = model.Step(probe, (GoldenModel.NewSequence(), Golden.Ids(expected, "prompt_ids")))[0];

        Golden.AssertClose(expected.Read("prefill_logits"), logits, Golden.LogitTolerance, "logits");
        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            Golden.AssertClose(expected.Read($"prefill_hidden.{layer}"), probe.Blocks[layer].narrow(0, 0, logits.shape[0]), Golden.LogitTolerance, $"block {layer}");
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Prefill_InChunks_GivesTheOfficialLogits(string name, string form)
    {
        using var scope = NewDisposeScope();
        using var model = Load(name, form);
        using var expected = TensorFile.Open(Golden.In(name, ExpectedFile));
        var ids = Golden.Ids(expected, "prompt_ids");
        foreach (var size in new[] { 1, 3, 4, ids.Length })
        {
            var sequence = GoldenModel.NewSequence();
            var parts = ids.Chunk(size).Select(chunk => model.Step(null, (sequence, chunk))[0]).ToArray();
            Golden.AssertClose(expected.Read("chunked_prefill_logits"), cat(parts, 0), Golden.LogitTolerance, $"chunks of {size}");
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Decode_GivesTheOfficialTokensAndLogits(string name, string form)
    {
        using var scope = NewDisposeScope();
        using var model = Load(name, form);
        using var expected = TensorFile.Open(Golden.In(name, ExpectedFile));
        var sequence = GoldenModel.NewSequence();
        var logits = model.Step(null, (sequence, Golden.Ids(expected, "prompt_ids")))[0][-1];
        var steps = new List<Tensor>();
        foreach (var id in Golden.Ids(expected, "greedy_ids"))
        {
            Assert.Equal(id, (int)logits.argmax().item<long>());
            logits = model.Step(null, (sequence, [id]))[0][0];
            steps.Add(logits);
        }

        Golden.AssertClose(expected.Read("decode_logits"), stack(steps), Golden.LogitTolerance, "decode logits");
    }

    private static GoldenModel Load(string name, string form)
    {
        var folder = Golden.In(name, form);
        Assert.SkipWhen(Directory.EnumerateFiles(folder, "consolidated.*.pth").Count() > 1, "A base in several shards is not read yet.");
        return GoldenModel.Load(folder);
    }
}
