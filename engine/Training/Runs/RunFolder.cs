using Herd.Engine.Checkpoints;

namespace Herd.Engine.Training.Runs;

/// <summary>The folder of a training run: exact configuration, metrics, last checkpoint, result.</summary>
/// <param name="path">The folder.</param>
public sealed class RunFolder(string path)
{
    /// <summary>Where it lies.</summary>
    public string Path => path;

    /// <summary>The exact configuration.</summary>
    public string Configuration => In("run.json");

    /// <summary>Digests of the data by source, as the run began with it.</summary>
    public string Data => In("data.json");

    /// <summary>A line of JSON for each step.</summary>
    public string Metrics => In("metrics.jsonl");

    /// <summary>All that the next step depends on, as of the last checkpoint.</summary>
    public string Checkpoint => In("checkpoint.safetensors");

    /// <summary>The plot of the losses.</summary>
    public string Plot => In("loss.png");

    /// <summary>The trained adapter, in Herd's form.</summary>
    public string Adapter => In("adapter.herd");

    /// <summary>The trained adapter in the layout of a released program, where it was asked for.</summary>
    /// <param name="earlyFusion">Whether it has the paper's early fusion, which no <c>.pth</c> file has.</param>
    /// <returns>The path.</returns>
    public string Released(bool earlyFusion) => In(earlyFusion ? "adapter.safetensors" : "adapter.pth");

    /// <summary>The trained base, in Hugging Face's form.</summary>
    public string Base => In("base");

    /// <summary>The trained image encoder.</summary>
    public string Encoder => In("clip.safetensors");

    /// <summary>Makes a new folder.</summary>
    /// <param name="path">Where nothing is yet.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="CheckpointException">The place is taken or cannot be written.</exception>
    public static RunFolder Create(string path)
    {
        if (System.IO.Path.Exists(path))
        {
            throw new CheckpointException(path, null, "a place where nothing is yet", "a file or folder", "Name another place, or resume the run that is there.");
        }

        try
        {
            Directory.CreateDirectory(path);
            return new RunFolder(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, "a place that can be written", error.Message.TrimEnd('.'), "Check the path, its rights and the free space.", error);
        }
    }

    /// <summary>Opens the folder of a run that stopped.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="CheckpointException">It is no run's.</exception>
    public static RunFolder Open(string path)
    {
        var folder = new RunFolder(path);
        return File.Exists(folder.Configuration)
            ? folder
            : throw new CheckpointException(path, null, "the folder of a training run, with run.json in it", "none", "Name the folder that the run was started with.");
    }

    private string In(string name) => System.IO.Path.Combine(path, name);
}
