using Herd.Engine;
using Herd.Engine.Bases;
using Herd.Silo.Devices;
using Microsoft.Extensions.Configuration;

namespace Herd.Silo.Startup;

/// <summary>Finds what would make the replicas of a process fail late, before anything is loaded.</summary>
public static class ReplicaCheck
{
    /// <summary>Reads the replicas' options, and checks files and memory.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <returns>The options.</returns>
    /// <exception cref="StartupException">The replicas could not be loaded.</exception>
    public static ReplicaOptions Run(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (string.IsNullOrWhiteSpace(configuration[$"{ReplicaOptions.Section}:{nameof(ReplicaOptions.Base)}"]))
        {
            throw new StartupException(
                "No base was named.",
                "Pass --base DIR, the folder of a LLaMA in the official or the Hugging Face form. Only a gateway that is all of Herd in one process has a bundled one.");
        }

        var replica = StrictSettings.Read<ReplicaOptions>(configuration, ReplicaOptions.Section);
        if (replica.Clip is { } clip && !Path.Exists(clip))
        {
            throw new StartupException($"{clip}: there is no such image encoder.", "Check --clip, or leave it out to serve text only.");
        }

        try
        {
            MemoryCheck.Require(BaseFolder.Open(replica.Base, replica.Tokenizer), replica);
            return replica;
        }
        catch (EngineException exception)
        {
            throw new StartupException($"The base '{Path.GetFullPath(replica.Base)}' cannot be used. {exception.Message}");
        }
    }
}
