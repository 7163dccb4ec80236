using System.ComponentModel.DataAnnotations;
using Herd.Silo.Devices;
using Herd.Silo.Hosting;
using Herd.Silo.Storage;

namespace Herd.Gateway.Hosting;

/// <summary>What the checks before the start need of the configuration.</summary>
/// <param name="Gateway">Where the gateway listens.</param>
/// <param name="Cluster">Where the silo listens.</param>
/// <param name="Storage">The data folder.</param>
/// <param name="Replica">The base and its device.</param>
internal sealed record StartupSettings(GatewayOptions Gateway, HerdClusterOptions Cluster, StorageOptions Storage, ReplicaOptions Replica)
{
    /// <summary>Reads the configuration strictly.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="StartupException">A key is unknown, or a value is of the wrong type or out of range.</exception>
    public static StartupSettings Read(IConfiguration configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration[$"{ReplicaOptions.Section}:{nameof(ReplicaOptions.Base)}"]))
        {
            throw new StartupException("No base was named.", "Pass --base DIR, the folder of a LLaMA in the official or the Hugging Face form.");
        }

        return new StartupSettings(
            Read<GatewayOptions>(configuration, GatewayOptions.Section),
            Read<HerdClusterOptions>(configuration, HerdClusterOptions.Section),
            Read<StorageOptions>(configuration, StorageOptions.Section),
            Read<ReplicaOptions>(configuration, ReplicaOptions.Section));
    }

    private static T Read<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        var options = new T();
        try
        {
            configuration.GetSection(section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException($"The configuration section '{section}' cannot be read: {(exception.InnerException ?? exception).Message}");
        }

        var faults = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true))
        {
            var told = string.Join(" ", faults.Select(fault => fault.ErrorMessage));
            throw new StartupException($"The configuration section '{section}' is wrong: {told}");
        }

        return options;
    }
}
