using System.Globalization;
using System.Text.Json;
using Herd.Engine.Checkpoints;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Training.Parameters;
using static TorchSharp.torch;

namespace Herd.Engine.Training;

/// <summary>What a trainer's next step depends on beside its tensors, and the file that holds all of it.</summary>
/// <param name="Steps">Steps that are behind.</param>
/// <param name="Dealt">Steps that each source has had.</param>
/// <param name="Positions">Position of each task.</param>
internal sealed record TrainerState(long Steps, IReadOnlyList<long> Dealt, IReadOnlyList<string> Positions)
{
    private const string Key = "herd.trainer";
    private const string Value = "value/";
    private const string Mean = "mean/";
    private const string Square = "square/";
    private const string Moved = "moved/";

    /// <summary>Writes beside the place, then moves there.</summary>
    public static void Write(string path, TrainerState state, IReadOnlyList<TrainedParameter> parameters, AdamW optimizer)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var tensors = parameters.ToDictionary(parameter => Value + parameter.Name, parameter => parameter.Value.detach());
        foreach (var (name, moments) in optimizer.State)
        {
            tensors.Add(Mean + name, moments.Mean);
            tensors.Add(Square + name, moments.Square);
            tensors.Add(Moved + name, tensor(new[] { moments.Steps }));
        }

        var partial = path + ".partial";
        SafetensorsWriter.Write(partial, tensors, new Dictionary<string, string> { [Key] = JsonSerializer.Serialize(state) });
        using (var file = File.OpenHandle(partial, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(file);
        }

        File.Move(partial, path, overwrite: true);
    }

    /// <summary>Reads all of it, and changes nothing where something does not fit.</summary>
    public static TrainerState Read(string path, IReadOnlyList<TrainedParameter> parameters, AdamW optimizer, int tasks)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var file = SafetensorsFile.Open(path);
        var state = file.Metadata.TryGetValue(Key, out var json) ? JsonSerializer.Deserialize<TrainerState>(json) : null;
        if (state is null || state.Dealt.Count != tasks || state.Positions.Count != tasks)
        {
            throw new CheckpointException(path, null, $"the state of a trainer with {tasks.ToString(CultureInfo.InvariantCulture)} sources", state is null ? "none" : $"one with {state.Positions.Count}", "Resume with the configuration that the run began with.");
        }

        var reader = new TensorReader(file);
        var values = parameters.Select(parameter => (parameter, Value: reader.Take(Value + parameter.Name, parameter.Value.shape, ScalarType.Float32), Moments: TakeMoments(reader, parameter))).ToList();
        reader.ExpectAllTaken();
        foreach (var (parameter, value, moments) in values)
        {
            parameter.Value.copy_(value);
            if (moments is not null)
            {
                moments.Mean.DetachFromDisposeScope();
                moments.Square.DetachFromDisposeScope();
                optimizer.Restore(parameter.Name, moments);
            }
        }

        return state;
    }

    private static Moments? TakeMoments(TensorReader reader, TrainedParameter parameter)
    {
        if (!reader.Has(Mean + parameter.Name))
        {
            return null;
        }

        Tensor Take(string part) => reader.Take(part + parameter.Name, parameter.Value.shape, ScalarType.Float32).to(parameter.Value.device);
        return new Moments(Take(Mean), Take(Square), reader.Take(Moved + parameter.Name, [1]).item<long>());
    }
}
