using System.ComponentModel.DataAnnotations;

namespace Herd.Silo.Adapters;

/// <summary>How adapters are published. Configuration section <c>Adapters</c>.</summary>
public sealed class AdapterOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Adapters";

    /// <summary>How long a publication waits for replicas to load the version before the alias moves.</summary>
    /// <value>Default 30 s. Replicas that are not ready by then load it at its first use.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan WarmTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a silo writes down which versions its devices hold. What it wrote holds for three times as long.</summary>
    /// <value>Default 5 s. The bytes of a deleted adapter are freed one to two of these times after the last request that uses it.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan LeaseRenewal { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Most versions of one adapter.</summary>
    /// <value>Default 1,000.</value>
    [Range(1, 1_000_000)]
    public int MaxVersions { get; set; } = 1000;
}
