using System.Collections.Immutable;
using Herd.Engine;
using Herd.Engine.Training.Data;
using Herd.Engine.Training.Data.Archive;
using Herd.Engine.Training.Runs;

namespace Herd.Silo.Training;

/// <summary>The data that a job brought.</summary>
internal static class JobData
{
    private const string SourceName = "data";

    /// <summary>Unpacks an archive into a new folder.</summary>
    /// <exception cref="EngineException">It is not sound.</exception>
    internal static void Unpack(string archive, string folder, CancellationToken cancellationToken)
    {
        try
        {
            DataArchive.Unpack(archive, folder, new DataArchiveLimits(), cancellationToken);
        }
        catch (EngineException error)
        {
            // Its name in the store says nothing to whoever sent it.
            throw new EngineException(error.Code, error.Message.Replace(Path.GetFileName(archive), "The archive", StringComparison.Ordinal), error);
        }
    }

    internal static ImmutableArray<RunSource> SourcesOf(string folder) => [new RunSource(SourceName, [UnpackedData.Open(folder).Data])];

    /// <summary>The rows that a new version is asked; none where the archive holds none.</summary>
    internal static IEnumerable<QuestionRow> HeldOut(string folder) => UnpackedData.Open(folder).HeldOut is { } source ? QuestionRows.Read(source) : [];
}
