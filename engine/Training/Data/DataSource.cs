using Herd.Engine.Tokenization;

namespace Herd.Engine.Training.Data;

/// <summary>A file of training data, and where its pictures lie.</summary>
public sealed record DataSource
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>How it holds its rows.</summary>
    /// <value>Default null: as the ending of its name says, see <see cref="DataFile.Open"/>.</value>
    public DataForm? Form { get; init; }

    /// <summary>The folder that its rows name pictures in, by paths that may not leave it.</summary>
    /// <value>Default null: the folder of the file.</value>
    public string? Pictures { get; init; }

    /// <summary>The folder of pictures.</summary>
    internal string PictureFolder => Pictures ?? System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <summary>Opens one file's examples.</summary>
    /// <param name="tokenizer">The base's tokenizer, borrowed.</param>
    /// <param name="encoderSide">Side of the pictures that the image encoder takes; null for a model without one, where rows with pictures are bad.</param>
    /// <param name="options">What becomes of the rows.</param>
    /// <returns>The examples, owned by the caller.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: no file, or no row in it. <see cref="EngineErrorCode.InvalidRequest"/>: an option is out of range.</exception>
    public FileExamples Open(LlamaTokenizer tokenizer, int? encoderSide, ExampleOptions options) => Open([this], tokenizer, encoderSide, options);

    /// <summary>Opens the examples of several files, whose rows are mixed as if they were one.</summary>
    /// <param name="sources">The files, in an order that belongs to the seed.</param>
    /// <param name="tokenizer">The base's tokenizer, borrowed.</param>
    /// <param name="encoderSide">As above.</param>
    /// <param name="options">What becomes of the rows.</param>
    /// <returns>The examples, owned by the caller.</returns>
    /// <exception cref="EngineException">As above.</exception>
    public static FileExamples Open(IReadOnlyList<DataSource> sources, LlamaTokenizer tokenizer, int? encoderSide, ExampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return FileExamples.Open(sources, tokenizer, encoderSide, options);
    }
}
