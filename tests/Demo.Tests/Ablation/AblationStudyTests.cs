using Herd.Demo.Ablation;
using Herd.Demo.Pictures;
using Herd.Demo.Pipeline;
using Herd.Engine;
using Herd.Engine.Training;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Demo.Tests.Ablation;

/// <summary>The whole way over a base of first values, in the fewest steps that it takes.</summary>
public sealed class AblationStudyTests : IDisposable
{
    private static readonly AblationOptions Tiny = new() { Steps = 3, SlotSteps = 1, Seeds = 1, Pictures = 2, InstructionsPerKind = 1, Only = [Variants.PicturesFirst, Variants.Late] };

    private readonly TestFolder _folder = new();
    private readonly DemoFolder _model;

    public AblationStudyTests()
    {
        _model = new DemoFolder(_folder.In("model"));
        var foundation = new FoundationStages(_model, new WorldPictures(seed: 1, count: 1), seed: 1);
        foundation.MakeTokenizer();
        using (var @base = foundation.OpenBase(1))
        {
            foundation.SaveBase(@base);
        }

        using var encoder = foundation.OpenEncoder(1);
        foundation.SaveEncoder(encoder);
    }

    [Fact]
    public async Task Study_StoppedAndStartedAgain_RunsWhatIsLeftAndReportsAll()
    {
        using (var stop = new CancellationTokenSource())
        {
            // The first run that is done stops the others.
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Study(text => { if (text.Contains("instructions 0", StringComparison.Ordinal)) { stop.Cancel(); } }).RunAsync(stop.Token));
        }

        var done = Directory.GetFiles(Runs, "result.json", SearchOption.AllDirectories).ToDictionary(file => file, File.GetLastWriteTimeUtc);
        var told = new List<string>();
        var results = await Study(text => { lock (told) { told.Add(text); } }).RunAsync(TestContext.Current.CancellationToken);

        Assert.InRange(done.Count, 1, 2);
        Assert.All(done, file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
        Assert.Equal(done.Count, told.Count(line => line.EndsWith(": there already", StringComparison.Ordinal)));
        Assert.Equal([Variants.Reference, Variants.Late, Variants.PicturesFirst], results.Runs.Select(run => run.Variant));
        Assert.All(results.Runs, run => Assert.Equal([DemoAdapters.Instructions, DemoAdapters.Pictures], run.Losses.Select(curve => curve.Source).Order()));
        Assert.All(results.Runs, run => Assert.NotNull(Measure.Questions.Value(run)));
        AblationReport.Write(_folder.In("report"), results, _ => []);
        Assert.Contains("| picture questions |", await File.ReadAllTextAsync(_folder.In("report", "README.md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryVariant_TrainsAllTensorsOfItsAdapter()
    {
        var stages = new AdapterStages(_model, new WorldPictures(seed: 1, count: 1), await _model.DigestAsync(TestContext.Current.CancellationToken), seed: 1);
        foreach (var variant in Variants.All)
        {
            var (all, trained) = (new HashSet<string>(), new HashSet<string>());
            foreach (var (phase, steps) in variant.Within(10))
            {
                using var opened = stages.Open(phase, steps, from: null);
                using var trainer = new Trainer(opened.Plan, opened.Tensors, opened.Tasks);
                all.UnionWith(opened.Tensors.Keys);
                trained.UnionWith(trainer.TrainedTensors.SelectMany(group => group));
            }

            Assert.Equal(all.Order(), trained.Order());
        }
    }

    [Fact]
    public async Task Run_TakesOverTheFrontEndOfItsSlotsAlone()
    {
        var (digest, pictures, phase) = (await _model.DigestAsync(TestContext.Current.CancellationToken), new WorldPictures(seed: 1, count: 1), Variants.All[0].Phases[0]);
        AdapterStages Stages(long seed) => new(_model, pictures, digest, seed);
        using var slots = Stages(2).OpenSlots(Variants.Slots, 1);
        AdapterStages.Save(slots, _folder.In("adapters", "slots.herd"));

        using var own = Stages(1).Open(phase, 1, from: null);
        using var taken = Stages(1).Open(phase, 1, from: null, _folder.In("adapters", "slots.herd"));

        bool IsFront(string name) => name.StartsWith("clip_proj", StringComparison.Ordinal) || name.StartsWith("visual_", StringComparison.Ordinal);
        Assert.All(taken.Tensors, tensor => Assert.True(Equal(tensor.Value, (IsFront(tensor.Key) ? slots : own).Tensors[tensor.Key]), tensor.Key));
        Assert.False(Equal(own.Tensors["visual_query.weight"], slots.Tensors["visual_query.weight"]));
    }

    [Fact]
    public async Task Study_FolderOfOtherSettings_IsRefused()
    {
        Directory.CreateDirectory(Runs);
        AblationJson.Write(Path.Combine(Runs, "settings.json"), new AblationSettings("another model", 3, 1, 2, 1));

        var error = await Assert.ThrowsAsync<EngineException>(() => Study(_ => { }).RunAsync(TestContext.Current.CancellationToken));

        Assert.Contains("another model", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Runs => _folder.In("runs");

    private static bool Equal(Tensor left, Tensor right)
    {
        using var scope = NewDisposeScope();
        return left.eq(right).all().item<bool>();
    }

    private AblationStudy Study(Action<string> tell) => new(_model, Runs, Tiny, tell);
}
