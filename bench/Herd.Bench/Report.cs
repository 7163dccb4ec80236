using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Herd.Engine.Bases;
using Herd.Engine.Execution;

namespace Herd.Bench;

/// <summary>All figures of a run, and what they were measured on.</summary>
internal sealed record Report
{
    /// <summary>How a report is written.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public required DateTimeOffset StartedUtc { get; init; }

    /// <summary>The program's version and the commit it was built from.</summary>
    public string Version { get; } = typeof(Report).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public required Machine Machine { get; init; }

    /// <summary>Threads that compute.</summary>
    public required int Threads { get; init; }

    public required BaseDescription Base { get; init; }

    /// <summary>Values of one adapter.</summary>
    public required long AdapterParameters { get; init; }

    public required BenchOptions Options { get; init; }

    public required IReadOnlyList<Measurement> Measurements { get; init; }

    /// <summary>Bytes of weights that a step reads at least: everything but the embedding, of which it takes a few rows.</summary>
    public long StepBytes
    {
        get
        {
            var embedding = Base.Config.TiedEmbeddings ? 0 : (long)Base.Config.Vocabulary * Base.Config.Width;
            return (Base.Parameters - embedding) * (Options.Dtype == EngineDtype.Float32 ? 4 : 2);
        }
    }
}
