using System.Security.Cryptography;
using Herd.Engine.Checkpoints;
using Herd.Engine.Training.Data.Rows;

namespace Herd.Engine.Training.Data;

/// <summary>A file of training data. Opening it reads it through once, for where its rows begin; each row is read when its turn comes.</summary>
public sealed class DataFile : IDisposable
{
    private const int PieceBytes = 1 << 20;
    private const int MostNameBytes = 1 << 16;

    private static readonly byte[] ByteOrderMark = [0xef, 0xbb, 0xbf];

    private readonly FileBytes _file;
    private readonly RowIndex _index;
    private readonly CaptionTable _table;
    private readonly int _named; // rows in front, of names

    private DataFile(FileBytes file, DataForm form)
    {
        _file = file;
        Form = form;
        (_index, Digest) = Scan();
        var named = form == DataForm.CaptionTable ? ReadNames() : null;
        _table = named ?? CaptionTable.Plain;
        _named = named is null ? 0 : 1;
    }

    /// <summary>Where it lies.</summary>
    public string Path => _file.Path;

    /// <summary>How it holds its rows.</summary>
    public DataForm Form { get; }

    /// <summary>Number of rows, bad ones too.</summary>
    public int Rows => _index.Count - _named;

    /// <summary>Lower-case hexadecimal SHA-256 of its bytes.</summary>
    public string Digest { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The path.</param>
    /// <param name="form">
    /// How it holds its rows. Null: what its name's ending says, <c>.tsv</c> a table of captions, <c>.jsonl</c> JSON lines, <c>.txt</c> a text a line, <c>.json</c> an array, or lines
    /// where it does not begin with a bracket.
    /// </param>
    /// <returns>The file, owned by the caller.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: it cannot be read, or its ending says nothing.</exception>
    public static DataFile Open(string path, DataForm? form = null)
    {
        var file = FileBytes.Open(path);
        try
        {
            return new DataFile(file, form ?? FormOf(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Reads a row.</summary>
    /// <param name="row">From 0.</param>
    /// <param name="mostBytes">The most bytes it may have.</param>
    /// <exception cref="BadRowException">It is bad.</exception>
    internal TrainingRow Read(int row, int mostBytes)
    {
        var (start, end) = _index[row + _named];
        if (end - start > mostBytes)
        {
            throw new BadRowException(RowFault.TooLarge, $"expected a row of at most {mostBytes} bytes, found one of {end - start}");
        }

        var bytes = Bytes(row + _named);
        var parsed = Form switch
        {
            DataForm.CaptionTable => _table.Parse(bytes),
            DataForm.JsonArray or DataForm.JsonLines => JsonRow.Parse(bytes, isElement: Form == DataForm.JsonArray),
            _ => RowText.Whole(bytes),
        };
        return string.IsNullOrWhiteSpace(parsed.Answer) ? throw new BadRowException(RowFault.EmptyAnswer, "expected an answer, found a blank one") : parsed;
    }

    /// <summary>Says of a row what is wrong with it.</summary>
    internal BadRow Describe(int row, BadRowException error) =>
        new(System.IO.Path.GetFileName(Path), _index.LineOf(row + _named, _file), error.Fault, error.Message);

    /// <summary>The columns that a table's first line names; null where it is a row like the others.</summary>
    private CaptionTable? ReadNames()
    {
        if (_index.Count == 0 || _index[0].End - _index[0].Start > MostNameBytes)
        {
            return null;
        }

        try
        {
            return CaptionTable.FromNames(Bytes(0));
        }
        catch (BadRowException)
        {
            return null;
        }
    }

    private ReadOnlySpan<byte> Bytes(int row)
    {
        var (start, end) = _index[row];
        var bytes = new byte[end - start];
        _file.Read(start, bytes);
        return bytes;
    }

    private (RowIndex Index, string Digest) Scan()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Math.Min(PieceBytes, _file.Length)];
        var start = BeginsWithMark(_file) ? ByteOrderMark.Length : 0;
        var scanner = RowScanner.For(Form, start);
        for (long offset = 0; offset < _file.Length; offset += buffer.Length, start = 0)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, _file.Length - offset));
            _file.Read(offset, piece);
            digest.AppendData(piece);
            for (var i = start; i < piece.Length; i++)
            {
                scanner.Take(piece[i], offset + i);
            }
        }

        return (scanner.Finish(_file.Length), Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    private static DataForm FormOf(FileBytes file) => System.IO.Path.GetExtension(file.Path).ToUpperInvariant() switch
    {
        ".JSON" => BeginsArray(file) ? DataForm.JsonArray : DataForm.JsonLines,
        ".JSONL" => DataForm.JsonLines,
        ".TSV" => DataForm.CaptionTable,
        ".TXT" => DataForm.TextLines,
        var ending => throw new EngineException(
            EngineErrorCode.InvalidFile,
            $"{System.IO.Path.GetFileName(file.Path)}: expected a file that ends in .json, .jsonl, .tsv or .txt, found '{ending}'. Rename it, or say how it holds its rows."),
    };

    private static bool BeginsWithMark(FileBytes file)
    {
        Span<byte> beginning = stackalloc byte[(int)Math.Min(ByteOrderMark.Length, file.Length)];
        file.Read(0, beginning);
        return beginning.SequenceEqual(ByteOrderMark);
    }

    private static bool BeginsArray(FileBytes file)
    {
        Span<byte> beginning = stackalloc byte[(int)Math.Min(64, file.Length)];
        file.Read(0, beginning);
        return beginning.TrimStart(ByteOrderMark).TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
    }
}
