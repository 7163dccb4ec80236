using System.ComponentModel.DataAnnotations;

namespace Herd.Silo.Hosting;

/// <summary>How this process finds its cluster and is found in it. Configuration section <c>Cluster</c>.</summary>
public sealed class HerdClusterOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Cluster";

    /// <summary>Name under which the replicas of the base find each other.</summary>
    /// <value>Default <c>base</c>.</value>
    [Required]
    public string BaseName { get; set; } = "base";

    /// <summary>Names the service; stays the same for the life of its data.</summary>
    /// <value>Default <c>herd</c>.</value>
    [Required]
    public string ServiceId { get; set; } = "herd";

    /// <summary>Names the cluster: processes of one cluster see each other.</summary>
    /// <value>Default <c>herd</c>.</value>
    [Required]
    public string ClusterId { get; set; } = "herd";

    /// <summary>Name of this process within the cluster; its replicas are found by it, so it stays the same over restarts.</summary>
    /// <value>Default: the machine's name, lower case.</value>
    [Required]
    [RegularExpression("^[a-z0-9][a-z0-9._-]{0,63}$", ErrorMessage = "Cluster:SiloName must be 1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit.")]
    public string SiloName { get; set; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>What a gateway is to its cluster; means nothing to a silo.</summary>
    /// <value>Default <see cref="Hosting.GatewayMode.Embedded"/>.</value>
    public GatewayMode GatewayMode { get; set; }

    /// <summary>Address that the other processes reach this one at.</summary>
    /// <value>Default <c>127.0.0.1</c>: this machine only.</value>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port for the other silos.</summary>
    /// <value>Default 11111.</value>
    [Range(1, 65535)]
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port for cluster clients.</summary>
    /// <value>Default 30000; 0 opens none. A gateway without devices never opens one.</value>
    [Range(0, 65535)]
    public int ClientPort { get; set; } = 30000;

    /// <summary>Whether the cluster keeps the figures that Orleans' dashboard shows, and gateways serve it to the administrator. The same for all processes.</summary>
    /// <value>Default false: the figures cost a little time with every call, and they show the names of grains, tenants' among them.</value>
    public bool Dashboard { get; set; }
}
