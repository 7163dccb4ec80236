using System.Text.Json;

namespace Herd.Engine.Training.Runs;

/// <summary>A line of JSON for each step. A line that was cut off by a crash, and those of steps that are made again, are dropped when the run goes on.</summary>
public sealed class MetricsLog : IDisposable
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web);

    private readonly StreamWriter _lines;

    /// <summary>Opens the file to go on with it.</summary>
    /// <param name="path">The file; it need not be there.</param>
    /// <param name="stepsDone">Steps that are behind: only their lines stay.</param>
    public MetricsLog(string path, long stepsDone)
    {
        if (File.Exists(path))
        {
            File.WriteAllLines(path + ".partial", Read(path).Where(step => step.Step < stepsDone).Select(Line));
            File.Move(path + ".partial", path, overwrite: true);
        }

        _lines = new StreamWriter(path, append: true) { AutoFlush = true };
    }

    /// <summary>The lines of a file, as far as they are whole.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The steps.</returns>
    public static IEnumerable<TrainingStep> Read(string path)
    {
        foreach (var line in File.ReadLines(path))
        {
            TrainingStep? step;
            try
            {
                step = JsonSerializer.Deserialize<TrainingStep>(line, Form);
            }
            catch (JsonException)
            {
                yield break;
            }

            if (step is not null)
            {
                yield return step;
            }
        }
    }

    /// <summary>Adds a line.</summary>
    /// <param name="step">The step.</param>
    public void Add(TrainingStep step) => _lines.WriteLine(Line(step));

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    private static string Line(TrainingStep step) => JsonSerializer.Serialize(step, Form);
}
