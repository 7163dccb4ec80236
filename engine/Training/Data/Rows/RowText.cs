using System.Text;

namespace Herd.Engine.Training.Data.Rows;

/// <summary>The text of rows.</summary>
internal static class RowText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Bytes as text.</summary>
    /// <exception cref="BadRowException">They are no UTF-8.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new BadRowException(RowFault.Damaged, "expected UTF-8, found other bytes");
        }
    }

    /// <summary>A text learned as a whole, without the line ends around it.</summary>
    /// <exception cref="BadRowException">It is no UTF-8.</exception>
    public static TrainingRow Whole(ReadOnlySpan<byte> bytes) => new(null, null, Decode(bytes).Trim('\r', '\n'), null);
}
