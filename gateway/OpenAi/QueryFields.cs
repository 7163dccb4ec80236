using System.Globalization;
using Herd.Contracts.Errors;

namespace Herd.Gateway.OpenAi;

/// <summary>Reads the fields of a query string strictly.</summary>
internal static class QueryFields
{
    /// <summary>A whole number of at least 1.</summary>
    /// <param name="query">The query string.</param>
    /// <param name="name">The field.</param>
    /// <returns>The number; null where the field is absent.</returns>
    /// <exception cref="HerdException">It is something else.</exception>
    public static int? Number(IQueryCollection query, string name) => Text(query, name) switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 => number,
        _ => throw HerdException.Invalid(name, $"'{name}' must be a whole number of at least 1."),
    };

    /// <summary>A whole number of 64 bits.</summary>
    /// <param name="query">The query string.</param>
    /// <param name="name">The field.</param>
    /// <returns>The number; null where the field is absent.</returns>
    /// <exception cref="HerdException">It is something else.</exception>
    public static long? LongNumber(IQueryCollection query, string name) => Text(query, name) switch
    {
        null => null,
        var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw HerdException.Invalid(name, $"'{name}' must be a whole number of 64 bits."),
    };

    /// <summary>A number.</summary>
    /// <param name="query">The query string.</param>
    /// <param name="name">The field.</param>
    /// <returns>The number; null where the field is absent.</returns>
    /// <exception cref="HerdException">It is something else.</exception>
    public static double? Real(IQueryCollection query, string name) => Text(query, name) switch
    {
        null => null,
        var text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        _ => throw HerdException.Invalid(name, $"'{name}' must be a number."),
    };

    /// <summary>A true-or-false field.</summary>
    /// <param name="query">The query string.</param>
    /// <param name="name">The field.</param>
    /// <returns>Its value; false where it is absent.</returns>
    /// <exception cref="HerdException">It is something else.</exception>
    public static bool Flag(IQueryCollection query, string name) => Text(query, name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw HerdException.Invalid(name, $"'{name}' must be true or false."),
    };

    /// <summary>A text.</summary>
    /// <param name="query">The query string.</param>
    /// <param name="name">The field.</param>
    /// <returns>The text; null where the field is absent.</returns>
    public static string? Text(IQueryCollection query, string name) => query.TryGetValue(name, out var values) ? values.ToString() : null;
}
