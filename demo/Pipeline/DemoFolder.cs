using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Herd.Engine.Vision;

namespace Herd.Demo.Pipeline;

/// <summary>Where the demo's model is made: what is served, and the runs that made it.</summary>
/// <param name="path">The folder.</param>
public sealed class DemoFolder(string path)
{
    /// <summary>The folder itself.</summary>
    public string Path => path;

    /// <summary>The tokenizer, before the base has its copy.</summary>
    public string Tokenizer => System.IO.Path.Combine(path, "runs", "tokenizer.model");

    /// <summary>The base, in Hugging Face's form.</summary>
    public string Base => System.IO.Path.Combine(path, "base");

    /// <summary>The image encoder.</summary>
    public string Encoder => System.IO.Path.Combine(path, "clip.safetensors");

    /// <summary>Serves base and image encoder in the type that this processor is fast in.</summary>
    public EngineOptions Serving => new() { BaseFolder = Base, ClipPath = Encoder, Dtype = EngineDtypes.FastestHere };

    /// <summary>Pictures to try it with.</summary>
    public string Pictures => System.IO.Path.Combine(path, "pictures");

    /// <summary>What was measured.</summary>
    public string Report => System.IO.Path.Combine(path, "report.json");

    /// <summary>An adapter, in Herd's form.</summary>
    /// <param name="name">Its name.</param>
    public string Adapter(string name) => System.IO.Path.Combine(path, "adapters", name + ".herd");

    /// <summary>The folder of a stage's run.</summary>
    /// <param name="stage">The stage's name.</param>
    public string Run(string stage) => System.IO.Path.Combine(path, "runs", stage);

    /// <summary>Digest of base and image encoder, by which adapters name what they stand on.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<string> DigestAsync(CancellationToken cancellationToken) => BaseFolder.WithImageEncoder(
        await BaseFolder.Open(Base).ComputeDigestAsync(cancellationToken: cancellationToken).ConfigureAwait(false), ClipEncoder.ComputeDigest(Encoder));
}
