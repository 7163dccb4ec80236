using Herd.Conformance.Tests.Golden;
using Herd.Conformance.Tests.Vision;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Vision;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Model;

/// <summary>A golden adapter over its base, with the image encoder where it takes pictures.</summary>
internal sealed class AdaptedModel : IDisposable
{
    private const int Slot = 1;

    private readonly AdapterWeights _adapter;
    private readonly ClipEncoder? _encoder;

    private AdaptedModel(GoldenAdapter adapter, GoldenBase golden)
    {
        _encoder = adapter.TakesPictures ? GoldenPictures.Encoder() : null;
        Model = GoldenModel.Load(golden);
        using var package = adapter.Read(Model.Config);
        _adapter = AdapterWeights.FromPackage(package, Model.Config);
        Model.Fill(_adapter, Slot);
    }

    public GoldenModel Model { get; }

    public int ImageSize => _encoder!.ImageSize;

    /// <summary>Puts an adapter over the base it was made for.</summary>
    public static AdaptedModel Load(GoldenAdapter adapter) => new(adapter, BaseOf(adapter));

    /// <summary>The base an adapter was made for. No file names it: where the adapter's sizes fit several, it is the one that gives the recorded answer.</summary>
    public static GoldenBase BaseOf(GoldenAdapter adapter)
    {
        var bases = adapter.FittingBases();
        if ((bases.Count == 1 && !GoldenBase.AreSomeAbsent) || Recorded(adapter) is not { } recorded)
        {
            return bases[0];
        }

        var (closest, wrong) = bases.Select(candidate => (candidate, WrongChoices(adapter, candidate, recorded))).MinBy(candidate => candidate.Item2);
        Assert.SkipWhen(wrong > 0 && GoldenBase.AreSomeAbsent, $"The base of {adapter.Name} is none of those that are there.");
        return closest;
    }

    /// <summary>A sequence of the adapter under a picture, [3, S, S]; null takes the picture of zeros, where it takes pictures at all.</summary>
    public GoldenSequence NewSequence(Tensor? image = null)
    {
        using var noGradients = no_grad();
        var picture = image is null ? null : new PreparedPicture("golden", image.contiguous().data<float>().ToArray());
        return GoldenModel.NewSequence(Slot, _adapter.Prompts is null ? null : new PromptBuilder(Model.Model, _encoder).Build(_adapter, picture));
    }

    /// <summary>A sequence as the outputs for one prompt were recorded: under the first of the pictures, where the adapter takes any.</summary>
    public GoldenSequence NewRecordedSequence() => NewSequence(_encoder is null ? null : GoldenPictures.Prepared()[0]);

    public void Dispose()
    {
        _adapter.Dispose();
        _encoder?.Dispose();
        Model.Dispose();
    }

    private static (int[] Prompt, int[] Answer, int Picture)? Recorded(GoldenAdapter adapter)
    {
        foreach (var output in adapter.Outputs)
        {
            using var expected = GoldenTensors.Expected(output);
            return (expected.Ids("prompt_ids"), expected.Ids("greedy_ids"), 0);
        }

        return GoldenRun.FirstOf(adapter) is { } run ? (run.PromptIds[0], run.GeneratedIds[0], run.ImageRows?[0] ?? 0) : null;
    }

    private static int WrongChoices(GoldenAdapter adapter, GoldenBase candidate, (int[] Prompt, int[] Answer, int Picture) recorded)
    {
        using var scope = NewDisposeScope();
        using var model = new AdaptedModel(adapter, candidate);
        var sequence = model.NewSequence(model._encoder is null ? null : GoldenPictures.Prepared()[recorded.Picture]);
        var logits = model.Model.Step(null, (sequence, [.. recorded.Prompt, .. recorded.Answer]))[0];
        var choices = logits[(recorded.Prompt.Length - 1)..^1].argmax(1).data<long>().ToArray();
        return choices.Zip(recorded.Answer).Count(pair => pair.First != pair.Second);
    }
}
