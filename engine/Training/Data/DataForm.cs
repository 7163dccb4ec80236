namespace Herd.Engine.Training.Data;

/// <summary>How a file of training data holds its rows. All of them are UTF-8.</summary>
public enum DataForm
{
    /// <summary>A JSON array of objects.</summary>
    JsonArray,

    /// <summary>A JSON object a line; blank lines are passed over.</summary>
    JsonLines,

    /// <summary>
    /// A picture's path and its caption a line, a tab between them, nothing quoted. A first line that names the columns, <c>url</c> (or <c>image</c>,
    /// <c>path</c>) and <c>caption</c>, may have others beside them.
    /// </summary>
    CaptionTable,

    /// <summary>A text a line, learned as a whole; blank lines are passed over.</summary>
    TextLines,

    /// <summary>Texts with blank lines between them, learned as a whole.</summary>
    TextParagraphs,
}
