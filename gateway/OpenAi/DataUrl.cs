using Herd.Contracts.Errors;
using Herd.Contracts.Tenants;

namespace Herd.Gateway.OpenAi;

/// <summary>A picture inside a request: <c>data:image/png;base64,...</c>.</summary>
internal readonly struct DataUrl
{
    private const string Scheme = "data:";
    private const string Encoding = ";base64";
    private static readonly string[] MediaTypes = ["image/png", "image/jpeg", "image/jpg", "image/webp", "image/gif"];

    private readonly string _url;
    private readonly int _start;
    private readonly string _field;

    private DataUrl(string url, int start, string field)
    {
        _url = url;
        _start = start;
        _field = field;
    }

    /// <summary>Reads a picture's URL; its bytes are not decoded yet.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="field">The request field it came in.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="HerdException">It is no data URL, or of another kind than PNG, JPEG, WebP and GIF.</exception>
    public static DataUrl Parse(string url, string field)
    {
        if (!url.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            throw HerdException.Invalid(
                field, $"'{field}' must be a data URL, 'data:image/png;base64,...': pictures are not fetched from elsewhere.");
        }

        var comma = url.IndexOf(',', StringComparison.Ordinal);
        var header = comma < 0 ? "" : url[Scheme.Length..comma];
        if (!header.EndsWith(Encoding, StringComparison.OrdinalIgnoreCase)
            || !MediaTypes.Contains(header[..^Encoding.Length], StringComparer.OrdinalIgnoreCase))
        {
            throw Invalid(field, $"'{field}' must be 'data:image/TYPE;base64,...' with png, jpeg, webp or gif.");
        }

        return new DataUrl(url, comma + 1, field);
    }

    /// <summary>Decodes the picture's bytes.</summary>
    /// <param name="maximumBytes">Most bytes to allow; checked before anything is decoded.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="HerdException">There are more, or the text is no base64.</exception>
    public ReadOnlyMemory<byte> Decode(int maximumBytes)
    {
        // The length of the text bounds that of the bytes to within two.
        var text = _url.AsSpan(_start);
        var bytes = (text.Length / 4L * 3) - 2 <= maximumBytes ? new byte[(text.Length / 4 * 3) + 3] : throw TooLarge(maximumBytes);
        if (!Convert.TryFromBase64Chars(text, bytes, out var count) || count == 0)
        {
            throw Invalid(_field, $"The picture in '{_field}' is no valid base64.");
        }

        return count <= maximumBytes ? bytes.AsMemory(0, count) : throw TooLarge(maximumBytes);
    }

    private HerdException TooLarge(int maximumBytes) =>
        new(HerdErrorCode.InvalidPicture, $"The picture in '{_field}' is larger than the {maximumBytes} bytes allowed.") { Field = _field, Limit = LimitNames.PictureBytes };

    private static HerdException Invalid(string field, string message) => new(HerdErrorCode.InvalidPicture, message) { Field = field };
}
