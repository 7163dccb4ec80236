using System.Security.Cryptography;
using System.Text;

namespace Herd.Engine.Tokenization;

/// <summary>The vocabulary of a SentencePiece BPE model, checked to be of the one form that LLaMA uses. Immutable.</summary>
internal sealed class SentencePieceModel
{
    internal const char Space = '\u2581';
    private const long MaxFileBytes = 64L << 20;
    private const int ByteValues = 256;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, int> _ids;

    private SentencePieceModel(SentencePieceFile file, string digest)
    {
        Digest = digest;
        Pieces = new string[file.Pieces.Count];
        Types = new PieceType[file.Pieces.Count];
        Ranks = new int[file.Pieces.Count];
        Surfaces = new string[file.Pieces.Count];
        _ids = new Dictionary<string, int>(file.Pieces.Count, StringComparer.Ordinal);
        for (var id = 0; id < Pieces.Length; id++)
        {
            Add(file.Pieces[id], id);
        }

        RankByScore(file.Pieces);
        FindBytePieces();
        if (Types.Count(type => type == PieceType.Unknown) != 1)
        {
            throw new FormatException("expected exactly one unknown piece, found " + Types.Count(type => type == PieceType.Unknown));
        }

        BosId = Control(file.BosPiece, "begin of sequence");
        EosId = Control(file.EosPiece, "end of sequence");
    }

    internal string Digest { get; }

    /// <summary>The pieces as written in the file, by id.</summary>
    internal string[] Pieces { get; }

    /// <summary>The pieces as text, U+2581 being a space.</summary>
    internal string[] Surfaces { get; }

    internal PieceType[] Types { get; }

    /// <summary>Place of each piece when all are sorted by falling score; equal scores share a rank. The lowest rank is merged first.</summary>
    internal int[] Ranks { get; }

    /// <summary>The value of each byte piece, by id; meaningless elsewhere.</summary>
    internal byte[] ByteOf { get; private set; } = [];

    /// <summary>The piece of each byte value.</summary>
    internal int[] BytePieces { get; } = new int[ByteValues];

    internal int BosId { get; }

    internal int EosId { get; }

    internal static SentencePieceModel Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            var info = new FileInfo(path);
            if (info.Exists && info.Length > MaxFileBytes)
            {
                throw new FormatException($"expected at most {MaxFileBytes} bytes, found {info.Length}");
            }

            var bytes = File.ReadAllBytes(path);
            return new SentencePieceModel(SentencePieceFile.Parse(bytes), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                EngineErrorCode.InvalidFile,
                $"{path}: expected the SentencePiece BPE model of a LLaMA (tokenizer.model); {e.Message}. Use the tokenizer file published with the base.",
                e);
        }
    }

    /// <summary>Whether a text is a piece that merging may produce. Fast: one hash of the span.</summary>
    internal Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> NormalPieces => _ids.GetAlternateLookup<ReadOnlySpan<char>>();

    private void Add(SentencePieceFile.Entry entry, int id)
    {
        string text;
        try
        {
            text = StrictUtf8.GetString(entry.Utf8);
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException($"piece {id} is not valid UTF-8");
        }

        if (text.Length == 0)
        {
            throw new FormatException($"piece {id} is empty");
        }

        if (entry.Type is not (PieceType.Normal or PieceType.Unknown or PieceType.Control or PieceType.Byte))
        {
            throw new FormatException($"piece {id} is of type {entry.Type}, expected normal, unknown, control or byte");
        }

        if (!float.IsFinite(entry.Score))
        {
            throw new FormatException($"piece {id} has the score {entry.Score}, expected a finite number");
        }

        (Pieces[id], Types[id], Surfaces[id]) = (text, entry.Type, text.Replace(Space, ' '));
        if (entry.Type == PieceType.Normal && !_ids.TryAdd(text, id))
        {
            throw new FormatException($"piece {id} repeats piece {_ids[text]}");
        }
    }

    private void RankByScore(List<SentencePieceFile.Entry> entries)
    {
        var order = Enumerable.Range(0, entries.Count).OrderByDescending(id => entries[id].Score).ToArray();
        for (var place = 1; place < order.Length; place++)
        {
            var tie = entries[order[place]].Score == entries[order[place - 1]].Score;
            Ranks[order[place]] = tie ? Ranks[order[place - 1]] : place;
        }
    }

    private void FindBytePieces()
    {
        ByteOf = new byte[Pieces.Length];
        Array.Fill(BytePieces, -1);
        for (var id = 0; id < Pieces.Length; id++)
        {
            if (Types[id] != PieceType.Byte)
            {
                continue;
            }

            var value = Enumerable.Range(0, ByteValues).FirstOrDefault(b => Pieces[id] == $"<0x{b:X2}>", -1);
            if (value < 0 || BytePieces[value] >= 0)
            {
                throw new FormatException($"byte piece {id} is '{Pieces[id]}', expected each of <0x00> to <0xFF> once");
            }

            (BytePieces[value], ByteOf[id]) = (id, (byte)value);
        }

        if (Array.IndexOf(BytePieces, -1) is var missing and >= 0)
        {
            throw new FormatException($"byte piece <0x{missing:X2}> is missing");
        }
    }

    private int Control(string piece, string role)
    {
        for (var id = 0; id < Pieces.Length; id++)
        {
            if (Types[id] == PieceType.Control && Pieces[id] == piece)
            {
                return id;
            }
        }

        throw new FormatException($"expected a control piece '{piece}' for {role}, found none");
    }
}
