namespace Herd.Engine.Tokenization;

/// <summary>The characters that stand for bytes in <c>tokenizer.json</c>: printable Latin-1 for itself, the others from U+0100 on, in order.</summary>
internal static class ByteAlphabet
{
    private const int Shifted = 256;

    private static readonly char[] Characters = MakeCharacters();
    private static readonly Dictionary<char, byte> Bytes = Enumerable.Range(0, Characters.Length).ToDictionary(value => Characters[value], value => (byte)value);

    /// <summary>The characters of some bytes.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        var text = new char[bytes.Length];
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = Characters[bytes[i]];
        }

        return new string(text);
    }

    /// <summary>The bytes of some characters.</summary>
    /// <exception cref="FormatException">A character stands for no byte.</exception>
    public static byte[] ToBytes(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = Bytes.TryGetValue(text[i], out var value) ? value : throw new FormatException($"a token holds the character U+{(int)text[i]:X4}, which stands for no byte");
        }

        return bytes;
    }

    private static char[] MakeCharacters()
    {
        var characters = new char[256];
        var shifted = Shifted;
        for (var value = 0; value < characters.Length; value++)
        {
            characters[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : (char)shifted++;
        }

        return characters;
    }
}
