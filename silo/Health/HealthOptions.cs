using System.ComponentModel.DataAnnotations;

namespace Herd.Silo.Health;

/// <summary>Where a silo of its own answers for its health. Configuration section <c>Health</c>.</summary>
internal sealed class HealthOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Health";

    /// <summary>Address to listen on: an IP address, <c>localhost</c>, or <c>*</c> for all.</summary>
    /// <value>Default <c>127.0.0.1</c>: this machine only.</value>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port of <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>.</summary>
    /// <value>Default 8090; 0 takes a free one.</value>
    [Range(0, 65535)]
    public int Port { get; set; } = 8090;
}
