using Google.Protobuf;
using Herd.Engine.Tokenization;
using Herd.Testing;
using static Herd.Engine.Tokenization.Training.ProtobufFields;

namespace Herd.Engine.Tests.Tokenization;

/// <summary>Writes SentencePiece files, sound unless a test changes something.</summary>
internal sealed class TokenizerFile
{
    internal static readonly string GoldenPath = Path.Combine(RepositoryFiles.Golden, "tokenizer", "tokenizer.model");

    internal static readonly SentencePieceTokenizer Golden = (SentencePieceTokenizer)LlamaTokenizer.Load(GoldenPath);

    internal List<(string Text, float Score, PieceType Type)> Pieces { get; } =
    [
        ("<unk>", 0, PieceType.Unknown),
        ("<s>", 0, PieceType.Control),
        ("</s>", 0, PieceType.Control),
        .. Enumerable.Range(0, 256).Select(value => ($"<0x{value:X2}>", 0f, PieceType.Byte)),
    ];

    internal int ModelType { get; set; } = 2;

    internal bool ByteFallback { get; set; } = true;

    internal bool WhitespaceAsSuffix { get; set; }

    internal string Normalizer { get; set; } = "identity";

    internal byte[] CharacterMap { get; set; } = [];

    internal bool DummyPrefix { get; set; } = true;

    internal bool TrimWhitespace { get; set; }

    internal bool EscapeWhitespace { get; set; } = true;

    internal byte[] DenormalizerMap { get; set; } = [];

    internal byte[] ToBytes() => Message(model =>
    {
        foreach (var (text, score, type) in Pieces)
        {
            Bytes(model, 1, Message(piece =>
            {
                Bytes(piece, 1, System.Text.Encoding.UTF8.GetBytes(text));
                piece.WriteTag(2, WireFormat.WireType.Fixed32);
                piece.WriteFloat(score);
                Number(piece, 3, (int)type);
            }));
        }

        Bytes(model, 2, Message(trainer =>
        {
            Number(trainer, 3, ModelType);
            Number(trainer, 24, WhitespaceAsSuffix ? 1 : 0);
            Number(trainer, 35, ByteFallback ? 1 : 0);
        }));
        Bytes(model, 3, Message(normalizer =>
        {
            Bytes(normalizer, 1, System.Text.Encoding.UTF8.GetBytes(Normalizer));
            Bytes(normalizer, 2, CharacterMap);
            Number(normalizer, 3, DummyPrefix ? 1 : 0);
            Number(normalizer, 4, TrimWhitespace ? 1 : 0);
            Number(normalizer, 5, EscapeWhitespace ? 1 : 0);
        }));
        Bytes(model, 5, Message(denormalizer => Bytes(denormalizer, 2, DenormalizerMap)));
    });

    internal SentencePieceTokenizer Load() => (SentencePieceTokenizer)Load(ToBytes());

    internal static LlamaTokenizer Load(byte[] bytes)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllBytes(path, bytes);
            return LlamaTokenizer.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
