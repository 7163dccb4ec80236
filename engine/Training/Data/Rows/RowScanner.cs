namespace Herd.Engine.Training.Data.Rows;

/// <summary>Finds where the rows of a file begin, byte by byte; what is in them is seen when they are read.</summary>
internal abstract class RowScanner
{
    protected const byte NewLine = (byte)'\n';

    private readonly RowIndex.Builder _index = new();

    /// <summary>Where the present line begins.</summary>
    protected long Line { get; private set; }

    /// <summary>Makes the scanner for a form.</summary>
    /// <param name="form">The form.</param>
    /// <param name="start">Where the file's text begins.</param>
    public static RowScanner For(DataForm form, long start)
    {
        RowScanner scanner = form switch
        {
            DataForm.JsonArray => new JsonArrayScanner(),
            DataForm.TextParagraphs => new ParagraphScanner(),
            _ => new LineScanner(),
        };
        scanner.Line = start;
        return scanner;
    }

    /// <summary>Takes the next byte.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="offset">Where it lies in the file.</param>
    public void Take(byte value, long offset)
    {
        Scan(value, offset);
        if (value == NewLine)
        {
            Line = offset + 1;
            _index.CountLine();
        }
    }

    /// <summary>The rows found.</summary>
    /// <param name="length">Length of the file.</param>
    public RowIndex Finish(long length) => _index.Finish(length);

    protected abstract void Scan(byte value, long offset);

    /// <summary>A row begins.</summary>
    protected void Begin(long offset) => _index.Add(offset);

    protected static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or NewLine;
}
