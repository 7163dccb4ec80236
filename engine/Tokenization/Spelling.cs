namespace Herd.Engine.Tokenization;

/// <summary>How the text of a token joins with its neighbours'.</summary>
internal enum SpellingKind
{
    /// <summary>Whole characters.</summary>
    Text,

    /// <summary>Bytes in UTF-8, which may be part of a character.</summary>
    Bytes,

    /// <summary>None: it steers the model.</summary>
    Control,
}

/// <summary>What a token stands for in a text.</summary>
/// <param name="Kind">How it joins with its neighbours.</param>
/// <param name="Text">Its text; empty unless the kind is <see cref="SpellingKind.Text"/>.</param>
/// <param name="Bytes">Its bytes; empty unless the kind is <see cref="SpellingKind.Bytes"/>.</param>
/// <param name="DropsSpaceInFront">Whether its first character is a space that the beginning of a text does not show.</param>
internal readonly record struct Spelling(SpellingKind Kind, string Text, ReadOnlyMemory<byte> Bytes, bool DropsSpaceInFront = false)
{
    public static Spelling Control { get; } = new(SpellingKind.Control, "", default);
}
