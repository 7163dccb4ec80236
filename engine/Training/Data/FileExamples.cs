using System.Security.Cryptography;
using System.Text;
using Herd.Engine.Tokenization;
using Herd.Engine.Training.Data.Pictures;

namespace Herd.Engine.Training.Data;

/// <summary>The examples of files, in an order that seed and pass decide. Bad rows are passed over, counted and told.</summary>
/// <remarks>Files are indexed when they are opened, and read row by row; they must stay as they are. One reader at a time.</remarks>
public sealed class FileExamples : IExampleSource, IDisposable
{
    private readonly IReadOnlyList<(DataFile File, PictureFolder Pictures)> _files;
    private readonly ExampleEncoder _encoder;
    private readonly PictureReader? _pictures;
    private readonly long _seed;
    private readonly int _maxRowBytes;
    private readonly RowLog _log;
    private ExamplePosition _position;

    private FileExamples(
        IReadOnlyList<(DataFile File, PictureFolder Pictures)> files, LlamaTokenizer tokenizer, int? encoderSide, ExampleOptions options)
    {
        _files = files;
        Rows = checked(files.Sum(file => file.File.Rows));
        _encoder = new ExampleEncoder(tokenizer, options);
        _pictures = encoderSide is { } side ? new PictureReader(side, options) : null;
        (_seed, _maxRowBytes) = (options.Seed, options.MaxRowBytes);
        _log = new RowLog(Rows, options.MaxTold);
        Digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', files.Select(file => $"{file.File.Form} {file.File.Digest}")))));
    }

    /// <summary>Rows of all files, bad ones too.</summary>
    public int Rows { get; }

    /// <summary>Names the data, without its pictures: lower-case hexadecimal SHA-256 over the files' forms and digests. A run that goes on expects the same.</summary>
    public string Digest { get; }

    /// <summary>What was met so far.</summary>
    public DataReport Report => _log.Report;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">Set to a place that these files do not have.</exception>
    public ExamplePosition Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value.Pass);
            ArgumentOutOfRangeException.ThrowIfNegative(value.Row);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value.Row, Rows);
            _position = value;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: every row is bad, or a file became shorter.</exception>
    public TrainingExample Next()
    {
        while (true)
        {
            var (pass, place) = _position;
            var row = (int)new SeededOrder(_seed, pass, Rows).RowAt(place);
            _position = place + 1 < Rows ? new ExamplePosition(pass, place + 1) : new ExamplePosition(pass + 1, 0);
            if (TryRead(row, pass) is { } example)
            {
                return example;
            }

            if (_log.BadRows == Rows)
            {
                throw Refuse(_files[0].File.Path, "a row that can be learned", $"{Rows} bad{string.Concat(_log.Report.Told.Take(1).Select(first => $", such as {first}"))}");
            }
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var (file, _) in _files)
        {
            file.Dispose();
        }
    }

    internal static FileExamples Open(IReadOnlyList<DataSource> sources, LlamaTokenizer tokenizer, int? encoderSide, ExampleOptions options)
    {
        var files = new List<(DataFile File, PictureFolder Pictures)>();
        try
        {
            foreach (var source in sources)
            {
                files.Add((DataFile.Open(source.Path, source.Form), new PictureFolder(source.PictureFolder)));
            }

            return files.Sum(file => (long)file.File.Rows) is > 0 and <= int.MaxValue
                ? new FileExamples(files, tokenizer, encoderSide, options)
                : throw Refuse(sources.Count > 0 ? sources[0].Path : "", $"1 to {int.MaxValue} rows", "another number");
        }
        catch
        {
            files.ForEach(file => file.File.Dispose());
            throw;
        }
    }

    private TrainingExample? TryRead(int row, long pass)
    {
        var (number, within) = (0, row);
        while (within >= _files[number].File.Rows)
        {
            within -= _files[number++].File.Rows;
        }

        var (file, pictures) = _files[number];
        try
        {
            return Read(file.Read(within, _maxRowBytes), pictures, pass, row);
        }
        catch (BadRowException error)
        {
            _log.AddBad(row, error.Fault, () => file.Describe(within, error));
            return null;
        }
    }

    private TrainingExample Read(TrainingRow read, PictureFolder folder, long pass, int row)
    {
        var encoded = _encoder.Encode(read);
        if (!encoded.Teaches)
        {
            throw new BadRowException(
                encoded.IsCut ? RowFault.PromptTooLong : RowFault.EmptyAnswer,
                encoded.IsCut ? $"expected room for an answer in {encoded.Ids.Length} tokens, found a prompt that fills them" : "expected an answer, found none that has tokens");
        }

        var picture = read.Picture is { } name ? Picture(folder, name, pass, row) : null;
        if (encoded.IsCut)
        {
            _log.AddCut(row);
        }

        return new TrainingExample(encoded.Ids, encoded.Weights, picture);
    }

    private TrainingPicture Picture(PictureFolder folder, string name, long pass, int row) =>
        _pictures?.Read(folder, name, pass, row)
        ?? throw new BadRowException(RowFault.Picture, "expected a row without a picture, as the model takes none, found one with it");

    private static Checkpoints.CheckpointException Refuse(string path, string expected, string found) =>
        new Checkpoints.CheckpointException(path, null, expected, found, "Check the data and its form.");
}
