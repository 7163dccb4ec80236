using Herd.Engine.Training.Runs;
using Herd.Silo.Storage;

namespace Herd.Silo.Training;

/// <summary>Where a job's files lie, in the folder that all processes share.</summary>
internal sealed class JobFolder(DataFolder data, string tenant, string id)
{
    // Tenants and ids follow the rule of names: none of them leaves the folder.
    internal string Root { get; } = Path.Combine(data.Training, tenant, id);

    /// <summary>What was in the archive.</summary>
    internal string Data => Path.Combine(Root, "data");

    internal RunFolder Run => new(Path.Combine(Root, "run"));

    internal void Delete()
    {
        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }
    }
}
