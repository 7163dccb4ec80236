using System.Collections.Immutable;
using System.CommandLine;
using Herd.Engine;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.Training;
using Herd.Engine.Training.Adapters;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Optimization;
using Herd.Engine.Training.Runs;

namespace Herd.Cli.Training;

/// <summary>The options of a new run. Each preset brings what its paper or program had; options change it.</summary>
internal sealed class RunOptions
{
    private readonly Option<string?> _base = Text("--base", "DIR", "Folder of the base.");
    private readonly Option<string?> _tokenizer = Text("--tokenizer", "FILE", "The tokenizer's file; otherwise the one beside the base.");
    private readonly Option<string?> _clip = Text("--clip", "PATH", "The image encoder, for adapters that take pictures.");
    private readonly Option<string?> _preset = Text("--preset", "NAME", "What trains: " + string.Join(", ", TrainingPresets.Names) + ".");
    private readonly Option<string?> _start = Text("--start", "ADAPTER", "An adapter to begin with; otherwise a new one of --layout.");
    private readonly Option<string?> _layout = Text("--layout", "NAME", "What a new adapter is made of: " + string.Join(", ", AdapterLayouts.Names) + "; otherwise what the preset needs.");
    private readonly Option<string?> _pictures = Text("--pictures", "DIR", "Folder that the pictures of the data lie in.");
    private readonly Option<string[]> _instructions = new("--instructions") { HelpName = "FILE", Description = "Instructions with answers, Alpaca or LLaVA JSON, JSON lines, or plain text. May stand several times." };
    private readonly Option<string[]> _captions = new("--captions") { HelpName = "FILE", Description = "Pictures with captions, a table with tabs or JSON lines. May stand several times." };
    private readonly Option<long?> _steps = Number<long>("--steps", "Optimiser steps; otherwise as --epochs say.");
    private readonly Option<double?> _epochs = Number<double>("--epochs", "Passes over the data; otherwise as many as the preset has.");
    private readonly Option<double?> _warmUp = Number<double>("--warm-up", "Share of the steps in which the rate rises; otherwise the preset's.");
    private readonly Option<int?> _batch = Number<int>("--batch", "Examples of a batch; 4 unless named.");
    private readonly Option<int?> _accumulation = Number<int>("--accumulate", "Batches of a step; 8 unless named.");
    private readonly Option<double?> _rate = Number<double>("--rate", "Highest learning rate; otherwise the preset's.");
    private readonly Option<double?> _maxGradient = Number<double>("--max-gradient", "Longest gradient of a step; any unless named.");
    private readonly Option<int?> _maxTokens = Number<int>("--max-tokens", "Most tokens of an example; otherwise the preset's.");
    private readonly Option<long?> _seed = Number<long>("--seed", "Decides first values and order of data; 0 unless named.");
    private readonly Option<string?> _dtype = Text("--dtype", "TYPE", "Arithmetic of products: float32 (the default) or bfloat16.");
    private readonly Option<string?> _device = Text("--device", "NAME", "The device: cpu (the default) or cuda:N.");
    private readonly Option<int?> _threads = Number<int>("--threads", "Threads that compute; one a core unless named.");
    private readonly Option<int?> _checkpointEvery = Number<int>("--checkpoint-every", "Steps between checkpoints; 100 unless named.");
    private readonly Option<bool> _recompute = new("--recompute") { Description = "Compute activations once more on the way back instead of keeping them: less memory, a third more time." };
    private readonly Option<bool> _augment = new("--augment") { Description = "Crop pictures at random, as the released program does." };
    private readonly Option<bool> _defects = new("--official-defects") { Description = "Write instructions as the released program's defect writes them." };

    private readonly Option<bool> _released = new("--released") { Description = "Write the adapter in the layout of a released program too: adapter.pth, with early fusion adapter.safetensors." };

    internal void AddTo(Command command)
    {
        Option[] all =
        [
            _base, _tokenizer, _clip, _preset, _start, _layout, _instructions, _captions, _pictures, _steps, _epochs, _warmUp, _batch, _accumulation, _rate, _maxGradient, _maxTokens,
            _seed, _dtype, _device, _threads, _checkpointEvery, _recompute, _augment, _defects, _released,
        ];
        foreach (var option in all)
        {
            command.Add(option);
        }
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="EngineException">An option is missing or out of range, or a file is not sound.</exception>
    internal RunConfiguration Read(ParseResult line)
    {
        var name = line.GetValue(_preset) ?? throw Missing("--preset", "one of " + string.Join(", ", TrainingPresets.Names));
        var @base = line.GetValue(_base) ?? throw Missing("--base", "the folder of a base");
        var preset = TrainingPresets.Get(name);
        var part = name switch { "full" => TrainedPart.Base, "clip" => TrainedPart.Encoder, _ => TrainedPart.Adapter };
        var (batch, accumulation, sources) = (line.GetValue(_batch) ?? 4, line.GetValue(_accumulation) ?? 8, Sources(line));
        var rows = sources.Sum(source => source.CountRows());
        var steps = line.GetValue(_steps) ?? Math.Max(1, (long)Math.Ceiling(rows * (line.GetValue(_epochs) ?? preset.Passes) / (batch * accumulation)));
        var configuration = new RunConfiguration
        {
            Part = part,
            Base = Path.GetFullPath(@base),
            Tokenizer = Full(line.GetValue(_tokenizer)),
            Clip = Full(line.GetValue(_clip)),
            Groups = preset.Groups,
            Sources = sources,
            Schedule = new LearningRateSchedule(line.GetValue(_rate) ?? preset.Rate, steps, (long)(steps * (line.GetValue(_warmUp) ?? preset.WarmUp))),
            Batch = batch,
            Accumulation = accumulation,
            MaxGradient = line.GetValue(_maxGradient),
            MaxTokens = line.GetValue(_maxTokens) ?? preset.MaxTokens,
            Seed = line.GetValue(_seed) ?? 0,
            Dtype = line.GetValue(_dtype) switch { null or "float32" => EngineDtype.Float32, "bfloat16" => EngineDtype.BFloat16, var other => throw Missing("--dtype", $"float32 or bfloat16, not '{other}'") },
            Device = line.GetValue(_device) ?? "cpu",
            Threads = line.GetValue(_threads),
            CheckpointEvery = line.GetValue(_checkpointEvery) ?? 100,
            RecomputeActivations = line.GetValue(_recompute),
            Augment = line.GetValue(_augment),
            OfficialDefects = line.GetValue(_defects),
            Released = line.GetValue(_released),
        };
        return part != TrainedPart.Adapter ? configuration : configuration with
        {
            Start = Full(line.GetValue(_start)),
            Blueprint = line.GetValue(_start) is null ? AdapterLayouts.Get(line.GetValue(_layout) ?? AdapterLayouts.ForPreset(name), BaseFolder.Open(@base, line.GetValue(_tokenizer)).Config) : null,
        };
    }

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);

    private static Option<string?> Text(string name, string help, string description) => new(name) { HelpName = help, Description = description };

    private static Option<T?> Number<T>(string name, string description)
        where T : struct => new(name) { HelpName = "N", Description = description };

    private static CommandException Missing(string option, string expected) => new($"{option}: expected {expected}.", isMisuse: true);

    private ImmutableArray<RunSource> Sources(ParseResult line)
    {
        IEnumerable<RunSource> Of(Option<string[]> option, string name)
        {
            ImmutableArray<DataSource> files = [.. (line.GetValue(option) ?? []).Select(path => new DataSource { Path = Path.GetFullPath(path), Pictures = Full(line.GetValue(_pictures)) })];
            return files.IsEmpty ? [] : [new RunSource(name, files)];
        }

        ImmutableArray<RunSource> sources = [.. Of(_captions, TrainingPresets.Captions), .. Of(_instructions, TrainingPresets.Instructions)];
        return sources.IsEmpty ? throw Missing("--instructions or --captions", "a file of data") : sources;
    }
}
