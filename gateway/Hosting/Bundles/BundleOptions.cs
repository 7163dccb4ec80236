using System.ComponentModel.DataAnnotations;

namespace Herd.Gateway.Hosting.Bundles;

/// <summary>The model that comes with Herd. Configuration section <c>Bundle</c>.</summary>
internal sealed class BundleOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Bundle";

    /// <summary>Where it lies: <c>base</c>, <c>clip.safetensors</c>, and <c>adapters</c> with a <c>.herd</c> file for each.</summary>
    /// <value>Default <c>models</c> beside the program. Of no matter where a base is named.</value>
    [Required]
    public string Folder { get; set; } = Path.Combine(AppContext.BaseDirectory, "models");
}
