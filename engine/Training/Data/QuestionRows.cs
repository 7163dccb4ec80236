using Herd.Engine.Training.Data.Pictures;
using Herd.Engine.Vision;

namespace Herd.Engine.Training.Data;

/// <summary>A row with a question, to be asked of a model instead of being learned.</summary>
/// <param name="Row">The row; it has an instruction.</param>
/// <param name="Picture">The picture's file; null for a row without one.</param>
public sealed record QuestionRow(TrainingRow Row, byte[]? Picture);

/// <summary>Reads what is held out of training.</summary>
public static class QuestionRows
{
    private const int MostBytes = 1 << 20;

    /// <summary>The rows of a file that are sound and ask something, in its order, each read when its turn comes.</summary>
    /// <param name="source">The file.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: the file cannot be read.</exception>
    public static IEnumerable<QuestionRow> Read(DataSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var file = DataFile.Open(source.Path, source.Form);
        var pictures = new PictureFolder(source.PictureFolder);
        for (var place = 0; place < file.Rows; place++)
        {
            if (TryRead(file, place, pictures) is { } row)
            {
                yield return row;
            }
        }
    }

    private static QuestionRow? TryRead(DataFile file, int place, PictureFolder pictures)
    {
        try
        {
            var row = file.Read(place, MostBytes);
            return row.Instruction is null ? null : new QuestionRow(row, row.Picture is { } name ? pictures.Read(name, PictureLimits.Default.MaxBytes) : null);
        }
        catch (BadRowException)
        {
            return null;
        }
    }
}
