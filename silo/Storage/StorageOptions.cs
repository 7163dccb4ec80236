using System.ComponentModel.DataAnnotations;

namespace Herd.Silo.Storage;

/// <summary>Where what must survive is kept. Configuration section <c>Storage</c>.</summary>
public sealed class StorageOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Storage";

    /// <summary>Folder of the database <c>herd.db</c>, of <c>blobs</c> and of <c>locks</c>; made where it is missing. On a local disk.</summary>
    /// <value>Default <c>data</c>, below the working directory.</value>
    [Required]
    public string DataFolder { get; set; } = "data";

    /// <summary>Whether several processes of this machine use the folder together, as one cluster.</summary>
    /// <value>Default false: a second process is refused.</value>
    public bool Shared { get; set; }
}
