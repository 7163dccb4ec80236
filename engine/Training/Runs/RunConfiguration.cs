using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Herd.Engine.Execution;
using Herd.Engine.Training.Adapters;
using Herd.Engine.Training.Encoders;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Training.Parameters;

namespace Herd.Engine.Training.Runs;

/// <summary>All that decides a run, as it is kept in its folder: the same configuration and the same files give the same result, in float32 on one thread.</summary>
public sealed record RunConfiguration
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>What is trained.</summary>
    public TrainedPart Part { get; init; }

    /// <summary>Folder of the base. Where a base is trained, its first values; where an image encoder is, only its tokenizer is used.</summary>
    public required string Base { get; init; }

    /// <summary>The tokenizer's file; null for the one beside the base.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>The image encoder; null for runs without pictures. It counts as part of the base that the adapter belongs to.</summary>
    public string? Clip { get; init; }

    /// <summary>An adapter whose values the run begins with; null for a new one, or where a base is trained.</summary>
    public string? Start { get; init; }

    /// <summary>Heads of that adapter's visual blocks, where its file does not tell them.</summary>
    public int? VisualHeads { get; init; }

    /// <summary>What a new adapter is made of; null where there is a start, or no adapter is trained.</summary>
    public AdapterBlueprint? Blueprint { get; init; }

    /// <summary>Sizes of a new image encoder; null for one that begins as <see cref="Clip"/>, or where none is trained.</summary>
    public EncoderBlueprint? Encoder { get; init; }

    /// <summary>What trains.</summary>
    public required ImmutableArray<ParameterGroup> Groups { get; init; }

    /// <summary>The data.</summary>
    public required ImmutableArray<RunSource> Sources { get; init; }

    /// <summary>The learning rate by step.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>Examples of a batch.</summary>
    public int Batch { get; init; } = 4;

    /// <summary>Batches of a step.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Longest gradient of a step; null for any.</summary>
    public double? MaxGradient { get; init; }

    /// <summary>Constants of the optimiser.</summary>
    public AdamWSettings AdamW { get; init; } = new();

    /// <summary>Most tokens of an example; longer ones are cut.</summary>
    public int MaxTokens { get; init; } = 512;

    /// <summary>Whether pictures are cropped at random.</summary>
    public bool Augment { get; init; }

    /// <summary>Whether instructions are written as the released program's defect writes them.</summary>
    public bool OfficialDefects { get; init; }

    /// <summary>Whether the adapter is also written in the layout of a released program.</summary>
    public bool Released { get; init; }

    /// <summary>Decides first values, order of data and crops.</summary>
    public long Seed { get; init; }

    /// <summary>Arithmetic of products.</summary>
    public EngineDtype Dtype { get; init; } = EngineDtype.Float32;

    /// <summary>The device.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads that compute; null for one a core.</summary>
    public int? Threads { get; init; }

    /// <summary>Whether activations are computed once more on the way back.</summary>
    public bool RecomputeActivations { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 100;

    /// <summary>Reads a run's configuration.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: it cannot be read, or a field is missing, unknown or of another kind.</exception>
    public static RunConfiguration Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<RunConfiguration>(File.ReadAllText(path), Form) ?? throw new JsonException("null");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineErrorCode.InvalidFile, $"{Path.GetFileName(path)}: expected the configuration of a training run, found {error.Message.TrimEnd('.')}. Take the file as the run wrote it.", error);
        }
    }

    /// <summary>Writes it, whole or not at all.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    public void Write(string path)
    {
        File.WriteAllText(path + ".partial", JsonSerializer.Serialize(this, Form) + "\n");
        File.Move(path + ".partial", path, overwrite: true);
    }

    /// <summary>Throws where a value is out of range.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming the value and its range.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        void Require(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }

        Require(!Sources.IsDefaultOrEmpty, "Sources: expected at least one, found none.");
        Require(Sources.IsDefaultOrEmpty || Sources.Select(source => source.Name).Distinct().Count() == Sources.Length, "Sources: expected a name of its own for each, found one twice.");
        Require(Batch >= 1, $"Batch is {Batch}, expected at least 1.");
        Require(CheckpointEvery >= 1, $"CheckpointEvery is {CheckpointEvery}, expected at least 1.");
        Require(Threads is null or >= 1, $"Threads is {Threads}, expected at least 1.");
        Require(Part != TrainedPart.Adapter || Start is null != Blueprint is null, "Start and Blueprint: expected one of them for an adapter.");
        Require(Part == TrainedPart.Adapter || (Start is null && Blueprint is null), "Start and Blueprint: expected neither where no adapter is trained.");
        Require(Part != TrainedPart.Encoder || Clip is null != Encoder is null, "Clip and Encoder: expected one of them for an image encoder.");
        if (faults.Count > 0)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, "A training run: " + string.Join(' ', faults));
        }
    }

    /// <summary>The trainer's part of it.</summary>
    internal TrainingPlan Plan => new()
    {
        Groups = Groups, Schedule = Schedule, Shares = Sources.ToImmutableDictionary(source => source.Name, source => source.Share), Accumulation = Accumulation, MaxGradient = MaxGradient, AdamW = AdamW,
    };
}

/// <summary>What a run trains.</summary>
public enum TrainedPart
{
    /// <summary>An adapter over a frozen base.</summary>
    Adapter,

    /// <summary>A base.</summary>
    Base,

    /// <summary>An image encoder, by contrast with captions.</summary>
    Encoder,
}
