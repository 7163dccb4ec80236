using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Herd.Silo.Tenants;

/// <summary>The form of the API keys that Herd issues or takes in.</summary>
internal static partial class ApiKeyFormat
{
    internal const string Rule = "'herd_id_secret': an id of 1 to 32 of a-z and 0-9, and a secret of 16 to 200 of A-Z, a-z, 0-9, '-', '_', '.'";

    internal static string Format(string id, string secret) => $"herd_{id}_{secret}";

    internal static bool TryParse(string? key, [NotNullWhen(true)] out string? id, [NotNullWhen(true)] out string? secret)
    {
        var match = key is null ? Match.Empty : Pattern().Match(key);
        id = match.Success ? match.Groups[1].Value : null;
        secret = match.Success ? match.Groups[2].Value : null;
        return match.Success;
    }

    /// <summary>Whether a text is the id of a key.</summary>
    internal static bool IsId(string id) => IdPattern().IsMatch(id);

    [GeneratedRegex(@"^[a-z0-9]{1,32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();

    [GeneratedRegex(@"^herd_([a-z0-9]{1,32})_([A-Za-z0-9._-]{16,200})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
