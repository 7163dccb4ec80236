using Google.Protobuf;

namespace Herd.Engine.Tokenization;

/// <summary>The fields of a SentencePiece model file that decide how text is encoded.</summary>
/// <remarks>
/// Field numbers follow sentencepiece_model.proto. Unsupported settings are refused by name, because ignoring one changes tokens silently.
/// Every allocation is bounded by the bytes already read: a length beyond the end of the file fails before it is honoured.
/// </remarks>
internal sealed class SentencePieceFile
{
    internal const int MaxPieces = 1_000_000;
    internal const int BpeModel = 2;

    /// <summary>One piece as stored.</summary>
    internal readonly record struct Entry(byte[] Utf8, float Score, PieceType Type);

    internal List<Entry> Pieces { get; } = [];

    internal string BosPiece { get; private set; } = "<s>";

    internal string EosPiece { get; private set; } = "</s>";

    /// <summary>Parses and checks a whole file.</summary>
    /// <exception cref="FormatException">The bytes are no such file, or ask for something unsupported.</exception>
    internal static SentencePieceFile Parse(byte[] bytes)
    {
        var file = new SentencePieceFile();
        try
        {
            file.ReadModel(new CodedInputStream(bytes));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException("found damaged or foreign data: " + e.Message.TrimEnd('.'), e);
        }

        return file;
    }

    private void ReadModel(CodedInputStream input)
    {
        var (trainerSeen, normalizerSeen) = (false, false);
        while (input.ReadTag() is var tag && tag != 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    AddPiece(ReadPiece(Message(input, tag)));
                    break;
                case 2:
                    ReadTrainer(Message(input, tag));
                    trainerSeen = true;
                    break;
                case 3:
                    ReadNormalizer(Message(input, tag));
                    normalizerSeen = true;
                    break;
                case 5:
                    RefuseDenormalizer(Message(input, tag));
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        if (!trainerSeen || !normalizerSeen || Pieces.Count == 0)
        {
            throw new FormatException("found no pieces, no trainer settings or no normalizer settings");
        }
    }

    private void AddPiece(Entry entry)
    {
        if (Pieces.Count == MaxPieces)
        {
            throw new FormatException($"found more than {MaxPieces} pieces");
        }

        Pieces.Add(entry);
    }

    private static Entry ReadPiece(CodedInputStream input)
    {
        var entry = new Entry([], 0f, PieceType.Normal);
        while (input.ReadTag() is var tag && tag != 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    entry = entry with { Utf8 = Bytes(input, tag) };
                    break;
                case 2:
                    Expect(tag, WireFormat.WireType.Fixed32, "a piece's score");
                    entry = entry with { Score = input.ReadFloat() };
                    break;
                case 3:
                    entry = entry with { Type = (PieceType)Number(input, tag) };
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return entry;
    }

    private void ReadTrainer(CodedInputStream input)
    {
        // What a file does not mention has the format's default, here and for the normalizer.
        var (model, byteFallback, suffix) = (1L, false, false);
        while (input.ReadTag() is var tag && tag != 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 3:
                    model = Number(input, tag);
                    break;
                case 24:
                    suffix = Number(input, tag) != 0;
                    break;
                case 35:
                    byteFallback = Number(input, tag) != 0;
                    break;
                case 46:
                    BosPiece = Text(input, tag);
                    break;
                case 47:
                    EosPiece = Text(input, tag);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        Require(model == BpeModel, $"model_type is {model}, expected {BpeModel} (BPE)");
        Require(byteFallback, "byte_fallback is off, expected on");
        Require(!suffix, "treat_whitespace_as_suffix is on, expected off");
    }

    private static void ReadNormalizer(CodedInputStream input)
    {
        var (name, map, rules, dummyPrefix, trim, escape) = ("", 0, 0, true, true, true);
        while (input.ReadTag() is var tag && tag != 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    name = Text(input, tag);
                    break;
                case 2:
                    map = Bytes(input, tag).Length;
                    break;
                case 3:
                    dummyPrefix = Number(input, tag) != 0;
                    break;
                case 4:
                    trim = Number(input, tag) != 0;
                    break;
                case 5:
                    escape = Number(input, tag) != 0;
                    break;
                case 6:
                    rules = Bytes(input, tag).Length;
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        Require(map == 0 && rules == 0, $"normalizer '{name}' is not supported, expected 'identity' without rules");
        Require(name is "identity" or "", $"normalizer '{name}' is not supported, expected 'identity'");
        Require(dummyPrefix, "add_dummy_prefix is off, expected on");
        Require(!trim, "remove_extra_whitespaces is on, expected off");
        Require(escape, "escape_whitespaces is off, expected on");
    }

    private static void RefuseDenormalizer(CodedInputStream input)
    {
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) is 2 or 6)
            {
                Require(Bytes(input, tag).Length == 0, "the model has a denormalizer, which is not supported");
            }
            else
            {
                input.SkipLastField();
            }
        }
    }

    private static CodedInputStream Message(CodedInputStream input, uint tag) => new(Bytes(input, tag));

    private static string Text(CodedInputStream input, uint tag) => System.Text.Encoding.UTF8.GetString(Bytes(input, tag));

    private static byte[] Bytes(CodedInputStream input, uint tag)
    {
        Expect(tag, WireFormat.WireType.LengthDelimited, "text or a message");
        return input.ReadBytes().ToByteArray();
    }

    private static long Number(CodedInputStream input, uint tag)
    {
        Expect(tag, WireFormat.WireType.Varint, "a number");
        return input.ReadInt64();
    }

    private static void Expect(uint tag, WireFormat.WireType type, string what) =>
        Require(
            WireFormat.GetTagWireType(tag) == type,
            $"field {WireFormat.GetTagFieldNumber(tag)} is stored as {WireFormat.GetTagWireType(tag)}, expected {what}");

    private static void Require(bool holds, string found)
    {
        if (!holds)
        {
            throw new FormatException(found);
        }
    }
}
