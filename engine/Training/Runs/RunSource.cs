using System.Collections.Immutable;
using Herd.Engine.Training.Data;

namespace Herd.Engine.Training.Runs;

/// <summary>A source of data of a run.</summary>
/// <param name="Name">Its name, by which groups say what moves them.</param>
/// <param name="Files">Its files, whose rows are mixed as if they were one.</param>
/// <param name="Share">Its share of the steps.</param>
public sealed record RunSource(string Name, ImmutableArray<DataSource> Files, double Share = 1)
{
    /// <summary>Reads the files through once, so that what is not sound is said before anything is made.</summary>
    /// <returns>Number of rows.</returns>
    /// <exception cref="EngineException">A file is not sound.</exception>
    public long CountRows() => Files.Sum(source =>
    {
        using var file = DataFile.Open(source.Path, source.Form);
        return (long)file.Rows;
    });
}
