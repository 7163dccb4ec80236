namespace Herd.Engine.Training.Data.Rows;

/// <summary>Reads rows of a table of captions.</summary>
/// <param name="Picture">Column of the picture's path, from 0.</param>
/// <param name="Caption">Column of the caption.</param>
/// <param name="Columns">Columns of each row.</param>
internal sealed record CaptionTable(int Picture, int Caption, int Columns)
{
    private const string CaptionName = "caption";

    private static readonly string[] PictureNames = ["url", "image", "path"];

    /// <summary>A table without names: path, caption.</summary>
    public static CaptionTable Plain { get; } = new(0, 1, 2);

    /// <summary>Takes a first line for the columns' names.</summary>
    /// <returns>The table; null where it names none.</returns>
    public static CaptionTable? FromNames(ReadOnlySpan<byte> line)
    {
        var names = Split(line);
        var (picture, caption) = (Array.FindIndex(names, name => PictureNames.Contains(name)), Array.IndexOf(names, CaptionName));
        return picture < 0 || caption < 0 ? null : new CaptionTable(picture, caption, names.Length);
    }

    /// <exception cref="BadRowException">The line has other columns, or is no UTF-8.</exception>
    public TrainingRow Parse(ReadOnlySpan<byte> line)
    {
        var fields = Split(line);
        return fields.Length == Columns
            ? new TrainingRow(TrainingRow.CaptionInstruction, null, fields[Caption], fields[Picture])
            : throw new BadRowException(RowFault.Damaged, $"expected {Columns} columns with tabs between them, found {fields.Length}");
    }

    private static string[] Split(ReadOnlySpan<byte> line) => RowText.Decode(line).TrimEnd('\r', '\n').Split('\t');
}
