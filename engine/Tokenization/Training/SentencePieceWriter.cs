using Google.Protobuf;
using static Herd.Engine.Tokenization.Training.ProtobufFields;

namespace Herd.Engine.Tokenization.Training;

/// <summary>Writes the model file that <see cref="SentencePieceFile"/> reads, with the settings of LLaMA's.</summary>
/// <remarks>Field numbers follow sentencepiece_model.proto.</remarks>
internal static class SentencePieceWriter
{
    private const int ByteValues = 256;
    private const string UnknownSurface = " \u2047 ";

    private static readonly (string Text, PieceType Type)[] Fixed =
    [
        ("<unk>", PieceType.Unknown),
        ("<s>", PieceType.Control),
        ("</s>", PieceType.Control),
        .. Enumerable.Range(0, ByteValues).Select(value => ($"<0x{value:X2}>", PieceType.Byte)),
    ];

    /// <summary>Pieces that every model has: unknown, begin, end, and one for each byte.</summary>
    internal static int FixedPieces => Fixed.Length;

    /// <summary>Writes a model.</summary>
    /// <param name="normal">Its normal pieces, the first to join first. Each has a score of its own, so no two readers break a tie differently.</param>
    /// <returns>The bytes.</returns>
    internal static byte[] Write(IReadOnlyList<string> normal) => Message(model =>
    {
        foreach (var (text, type) in Fixed)
        {
            WritePiece(model, text, 0, type);
        }

        foreach (var (rank, text) in normal.Index())
        {
            WritePiece(model, text, -rank, PieceType.Normal);
        }

        Bytes(model, 2, Message(trainer => WriteTrainer(trainer, Fixed.Length + normal.Count)));
        Bytes(model, 3, Message(WriteNormalizer));
    });

    private static void WritePiece(CodedOutputStream model, string text, float score, PieceType type) => Bytes(model, 1, Message(piece =>
    {
        Text(piece, 1, text);
        piece.WriteTag(2, WireFormat.WireType.Fixed32);
        piece.WriteFloat(score);
        Number(piece, 3, (int)type);
    }));

    private static void WriteTrainer(CodedOutputStream output, int pieces)
    {
        Number(output, 3, SentencePieceFile.BpeModel);
        Number(output, 4, pieces);
        Number(output, 20, SentencePieceTrainer.MaxWordLength); // max_sentencepiece_length
        Number(output, 21, 1); // split_by_unicode_script
        Number(output, 22, 1); // split_by_whitespace
        Number(output, 23, 1); // split_by_number
        Number(output, 24, 0); // treat_whitespace_as_suffix
        Number(output, 25, 1); // split_digits
        Number(output, 35, 1); // byte_fallback
        Number(output, 40, 0); // unk_id
        Number(output, 41, 1); // bos_id
        Number(output, 42, 2); // eos_id
        Number(output, 43, -1); // pad_id
        Text(output, 44, UnknownSurface);
        Text(output, 45, Fixed[0].Text);
        Text(output, 46, Fixed[1].Text);
        Text(output, 47, Fixed[2].Text);
    }

    private static void WriteNormalizer(CodedOutputStream output)
    {
        Text(output, 1, "identity");
        Text(output, 2, ""); // precompiled_charsmap
        Number(output, 3, 1); // add_dummy_prefix
        Number(output, 4, 0); // remove_extra_whitespaces
        Number(output, 5, 1); // escape_whitespaces
    }
}
