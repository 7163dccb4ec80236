using System.Collections.Immutable;
using System.Text.Json;
using Herd.Engine.Bases;
using Herd.Engine.Checkpoints;
using Herd.Engine.Training.Data;
using Herd.Engine.Vision;

namespace Herd.Engine.Training.Runs;

/// <summary>The data of a run, opened. Owns the files.</summary>
internal sealed class RunInputs : IDisposable
{
    private readonly Dictionary<string, FileExamples> _sources = [];

    /// <summary>Opens all sources.</summary>
    /// <param name="folder">The run's folder, which remembers what the data was.</param>
    /// <param name="configuration">The run.</param>
    /// <param name="base">The base, for its tokenizer.</param>
    /// <param name="template">Prompt template of what is trained.</param>
    /// <param name="order">Colour order of its pictures.</param>
    /// <param name="side">Side of its pictures; null where it takes none.</param>
    /// <exception cref="EngineException">A file is not sound, or not the one that the run began with.</exception>
    public RunInputs(RunFolder folder, RunConfiguration configuration, BaseFolder @base, string template, ChannelOrder order, int? side)
    {
        var options = new ExampleOptions
        {
            Seed = configuration.Seed, MaxTokens = configuration.MaxTokens, Template = template, CutsPictures = configuration.Augment, ChannelOrder = order, HasOfficialDefects = configuration.OfficialDefects,
        };
        try
        {
            foreach (var source in configuration.Sources)
            {
                _sources.Add(source.Name, DataSource.Open(source.Files, @base.Tokenizer, side, options));
            }

            ExpectSameData(folder);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The examples by source.</summary>
    public IReadOnlyDictionary<string, FileExamples> Sources => _sources;

    /// <summary>What was met so far, by source.</summary>
    public IReadOnlyDictionary<string, DataReport> Reports => _sources.ToImmutableDictionary(source => source.Key, source => source.Value.Report);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var source in _sources.Values)
        {
            source.Dispose();
        }
    }

    /// <summary>A position in other data would be another place.</summary>
    private void ExpectSameData(RunFolder folder)
    {
        var found = JsonSerializer.Serialize(_sources.OrderBy(source => source.Key, StringComparer.Ordinal).ToDictionary(source => source.Key, source => source.Value.Digest));
        if (!File.Exists(folder.Data))
        {
            File.WriteAllText(folder.Data + ".partial", found);
            File.Move(folder.Data + ".partial", folder.Data);
        }
        else if (File.ReadAllText(folder.Data) != found)
        {
            throw new CheckpointException(folder.Data, null, "the data that the run began with", "files of other contents", "Put them back, or begin a new run.");
        }
    }
}
