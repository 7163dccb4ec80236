namespace Herd.Engine.Tokenization;

/// <summary>What a piece of the vocabulary stands for; the values are those of the SentencePiece file format.</summary>
internal enum PieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
