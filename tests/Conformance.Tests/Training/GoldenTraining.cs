using System.Text.Json;
using Herd.Conformance.Tests.Golden;
using Herd.Conformance.Tests.Model;
using Herd.Conformance.Tests.Vision;
using Herd.Engine.Adapters;
using Herd.Engine.Adapters.Formats;
using Herd.Engine.Training;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Model;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Training.Parameters;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Training;

/// <summary>A recorded training run: its start, its only batch, and what the official program made of it.</summary>
internal sealed class GoldenTraining : ITrainingTask, IDisposable
{
    private readonly JsonElement _description;

    public GoldenTraining(string name)
    {
        Recorded = GoldenTensors.Expected(name);
        _description = GoldenFolder.Json($"expected/{name}.json");
        var adapter = GoldenAdapter.Of(_description.GetProperty("adapter").GetString()!);
        var folder = AdaptedModel.BaseOf(adapter).Open();
        using var package = adapter.Read(folder.Config);
        Model = TrainableModel.OverBase(folder, package, GoldenPictures.EncoderPath, new TrainableModelOptions());
        Official = OfficialNames(folder.Config.Layers);
        Examples = ReadExamples();
    }

    public GoldenTensors Recorded { get; }

    public TrainableModel Model { get; }

    public string Preset => "official-" + _description.GetProperty("phase").GetString();

    /// <summary>Official name to the tensor's name here.</summary>
    public IReadOnlyDictionary<string, string> Official { get; }

    public IReadOnlyList<TrainingExample> Examples { get; }

    public string Source => "golden";

    public string Position { get; set; } = "";

    /// <summary>Official name to whether it is decayed.</summary>
    public IReadOnlyDictionary<string, bool> Trained =>
        _description.GetProperty("trainable").EnumerateArray().ToDictionary(tensor => tensor.GetProperty("name").GetString()!, tensor => tensor.GetProperty("weight_decay").GetBoolean());

    public BatchLoss Backward(double scale) => new(Model.Backward(Examples, scale), Examples.Count, 0);

    /// <summary>The preset with the recorded settings.</summary>
    public TrainingPlan Plan()
    {
        var optimizer = _description.GetProperty("optimizer");
        var perEpoch = optimizer.GetProperty("iterations_per_epoch").GetInt64();
        var decay = optimizer.GetProperty("weight_decay_for_decay_group").GetDouble();
        return new TrainingPlan
        {
            Groups = [.. TrainingPresets.Get(Preset).Groups.Select(group => group with { WeightDecay = decay })],
            Schedule = new LearningRateSchedule(
                optimizer.GetProperty("base_lr").GetDouble(), optimizer.GetProperty("epochs").GetInt64() * perEpoch, optimizer.GetProperty("warmup_epochs").GetInt64() * perEpoch),
        };
    }

    /// <summary>Whether the trainer decays a tensor, by its name here.</summary>
    public bool Decays(string name) => DecayRule.Applies(name, Model.Tensors[name].shape);

    public void Dispose()
    {
        Model.Dispose();
        Recorded.Dispose();
    }

    private static Dictionary<string, string> OfficialNames(int layers)
    {
        var (official, canonical) = (new MultimodalNames(MultimodalNames.Prefix), CanonicalNames.Instance);
        var names = new Dictionary<string, string> { [official.Query] = canonical.Query, [official.FinalNorm] = canonical.FinalNorm };
        for (var layer = 0; layer < layers; layer++)
        {
            names.Add(official.Gate(layer), canonical.Gate(layer));
            names.Add(official.AttentionNorm(layer), canonical.AttentionNorm(layer));
            names.Add(official.FeedForwardNorm(layer), canonical.FeedForwardNorm(layer));
            foreach (var linear in TunedLinearExtensions.All)
            {
                if (official.Bias(layer, linear) is { } bias)
                {
                    names.Add(bias, canonical.Bias(layer, linear));
                }
            }
        }

        return names;
    }

    /// <summary>Labels of 0 do not count; rows end with the padding, whose ids are 0 too.</summary>
    private List<TrainingExample> ReadExamples()
    {
        using var scope = NewDisposeScope();
        var (tokens, labels, pictures) = (Recorded.Read("tokens"), Recorded.Read("labels"), Recorded.Read("imgs"));
        return [.. Enumerable.Range(0, (int)tokens.shape[0]).Select(row =>
        {
            var wanted = labels[row].data<long>().ToArray();
            return new TrainingExample(
                [.. tokens[row].data<long>().Select(id => (int)id)], [.. wanted.Select(label => label == 0 ? 0f : 1f)], new TrainingPicture(null, pictures[row].contiguous().data<float>().ToArray()));
        })];
    }
}
