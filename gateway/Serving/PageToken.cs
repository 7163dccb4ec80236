using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Serving;

/// <summary>Where a list goes on, as clients get it and give it back; what is in it is not theirs to know.</summary>
/// <param name="Moment">The moment of the last thing listed.</param>
/// <param name="Names">What tells it from others of that moment.</param>
internal sealed record PageToken(DateTimeOffset Moment, params IReadOnlyList<string> Names)
{
    private const string Field = "page_token";
    private const int MaxLength = 512;
    private const char Separator = '\n';

    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>The token as text.</summary>
    /// <param name="list">The list it is of: for another one it is refused.</param>
    /// <returns>The text.</returns>
    public string Write(string list) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        string.Join(Separator, [list, Moment.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture), .. Names])));

    /// <summary>Reads where a list goes on that is told newest first.</summary>
    /// <param name="text">The token that the client gave; null or empty for none.</param>
    /// <param name="before">Instead of it, the moment before which the list begins; null for none.</param>
    /// <param name="list">The list.</param>
    /// <returns>The token, with one name, which is empty where only a moment was given; null to begin with the newest.</returns>
    /// <exception cref="HerdException">The token is none of this list's, or stands beside a moment.</exception>
    public static PageToken? Read(string? text, DateTimeOffset? before, string list)
    {
        var token = Read(text, list, names: 1);
        if (before is not { } moment)
        {
            return token;
        }

        return token is null ? new PageToken(moment, "") : throw HerdException.Invalid(Field, $"'{Field}' says where to go on, so leave 'before' out.");
    }

    /// <summary>Reads a token.</summary>
    /// <param name="text">What the client gave; null or empty for none.</param>
    /// <param name="list">The list it should be of.</param>
    /// <param name="names">How many names it should have.</param>
    /// <returns>The token; null where there is none.</returns>
    /// <exception cref="HerdException">It is no token of this list's.</exception>
    public static PageToken? Read(string? text, string list, int names)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var parts = text.Length <= MaxLength && Base64Url.IsValid(text) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(Separator) : [];
        return parts.Length == names + 2 && parts[0] == list && !parts.Any(part => part.Any(char.IsControl))
            && long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var moment) && moment >= Earliest && moment <= Latest
            ? new PageToken(DateTimeOffset.FromUnixTimeMilliseconds(moment), parts[2..])
            : throw HerdException.Invalid(Field, $"'{Field}' must be one that this list gave with its last page, or be left out.");
    }
}
