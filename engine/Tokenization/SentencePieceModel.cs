using System.Text;

namespace Herd.Engine.Tokenization;

/// <summary>The vocabulary of a SentencePiece BPE model, checked to be of the one form that LLaMA uses. Immutable.</summary>
internal sealed class SentencePieceModel : IMergeRules
{
    internal const char Space = '\u2581';
    private const int ByteValues = 256;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _normalPieces;

    private SentencePieceModel(SentencePieceFile file, string digest)
    {
        Digest = digest;
        Pieces = new string[file.Pieces.Count];
        Types = new PieceType[file.Pieces.Count];
        Ranks = new int[file.Pieces.Count];
        Surfaces = new string[file.Pieces.Count];
        _ids = new Dictionary<string, int>(file.Pieces.Count, StringComparer.Ordinal);
        _normalPieces = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
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

    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: damaged, not BPE, or with settings that LLaMA does not use.</exception>
    internal static SentencePieceModel Read(TokenizerBytes file)
    {
        try
        {
            return new SentencePieceModel(SentencePieceFile.Parse(file.Bytes), file.Digest);
        }
        catch (FormatException error)
        {
            throw file.Refuse(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public bool TryFind(ReadOnlySpan<char> text, out int token) => _normalPieces.TryGetValue(text, out token);

    /// <inheritdoc/>
    public bool TryJoin(int left, int right, ReadOnlySpan<char> joined, out int token, out int rank)
    {
        var found = _normalPieces.TryGetValue(joined, out token);
        rank = found ? Ranks[token] : 0;
        return found;
    }

    /// <summary>Appends the pieces of a character's UTF-8 bytes.</summary>
    public void Spell(ReadOnlySpan<char> character, List<int> ids)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var value in utf8[..Encoding.UTF8.GetBytes(character, utf8)])
        {
            ids.Add(BytePieces[value]);
        }
    }

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
