using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Herd.Fuzz;

/// <summary>Changes to JSON that leave most of it JSON: numbers, texts, names twice, deep nesting.</summary>
internal static partial class JsonMutation
{
    private static readonly string[] Values =
    [
        "null", "true", "[]", "{}", "-1", "0", "1e999", "1.5", "-0.0", "9223372036854775807", "9223372036854775808", "1e400", "\"\"", "\"\\ud800\"", "\"../x\"", "\"\\u0000\"", "[[[[]]]]",
        "[1,2,3]", "{\"a\":{\"a\":{\"a\":{}}}}",
    ];

    /// <summary>Changes a few tokens.</summary>
    public static byte[] Bytes(Random random, byte[] json)
    {
        if (random.Next(4) == 0)
        {
            return Mutation.Bytes(random, json);
        }

        var text = Encoding.UTF8.GetString(json);
        for (var changes = Mutation.Changes(random); changes > 0; changes--)
        {
            text = Once(random, text);
        }

        return Encoding.UTF8.GetBytes(text);
    }

    private static string Once(Random random, string text)
    {
        var tokens = Token().Matches(text);
        if (tokens.Count == 0)
        {
            return Values[random.Next(Values.Length)];
        }

        var token = tokens[random.Next(tokens.Count)];
        var replacement = random.Next(6) switch
        {
            0 => Mutation.Number(random).ToString(CultureInfo.InvariantCulture),
            1 => new string('[', 1 << random.Next(12)),
            2 => tokens[random.Next(tokens.Count)].Value,
            3 => $"{token.Value},{token.Value}",
            4 => "",
            _ => Values[random.Next(Values.Length)],
        };
        return text[..token.Index] + replacement + text[(token.Index + token.Length)..];
    }

    [GeneratedRegex("""("(?:[^"\\]|\\.)*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|-?[0-9.eE+-]+|true|false|null))|"(?:[^"\\]|\\.)*"|-?[0-9.eE+-]+|true|false|null""", RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}
