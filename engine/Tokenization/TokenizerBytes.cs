using System.Buffers;
using System.Security.Cryptography;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Tokenization;

/// <summary>The forms of tokenizer files.</summary>
internal enum TokenizerForm
{
    /// <summary>A protobuf message of pieces and scores.</summary>
    SentencePiece,

    /// <summary>Lines of a token in base64 and its rank.</summary>
    Tiktoken,

    /// <summary>A JSON object.</summary>
    HuggingFace,
}

/// <summary>A tokenizer's file as it was read.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Bytes">Its content.</param>
internal sealed record TokenizerBytes(string Path, byte[] Bytes)
{
    private const long MaxFileBytes = 64L << 20;

    private static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    /// <summary>SHA-256 of the content, lower-case hexadecimal.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Bytes));

    /// <summary>The form, told by the first bytes: a SentencePiece file begins with the tag of its first piece.</summary>
    public TokenizerForm Form
    {
        get
        {
            if (Bytes.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
            {
                return TokenizerForm.HuggingFace;
            }

            var word = Bytes.AsSpan().IndexOfAnyExcept(Base64);
            return word > 0 && Bytes[word] == ' ' ? TokenizerForm.Tiktoken : TokenizerForm.SentencePiece;
        }
    }

    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: missing, unreadable or too large.</exception>
    public static TokenizerBytes Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            var info = new FileInfo(path);
            return info.Exists && info.Length > MaxFileBytes
                ? throw Refuse(path, $"expected at most {MaxFileBytes} bytes, found {info.Length}")
                : new TokenizerBytes(path, File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refuse(path, error.Message.TrimEnd('.'), error);
        }
    }

    /// <summary>A refusal of this file.</summary>
    public EngineException Refuse(string fault, Exception? inner = null) => Refuse(Path, fault, inner);

    private static EngineException Refuse(string path, string fault, Exception? inner = null) => new(
        EngineErrorCode.InvalidFile,
        $"{System.IO.Path.GetFileName(path)}: expected the tokenizer of a LLaMA (tokenizer.model or tokenizer.json); {CheckpointException.Brief(fault)}. Use the tokenizer file published with the base.",
        inner);
}
