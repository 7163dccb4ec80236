using System.Net.Http.Headers;
using System.Text;

namespace Herd.Contracts.Tenants;

/// <summary>Where a request carries its key.</summary>
public static class KeyHeader
{
    /// <summary>The header that is looked at where <c>Authorization</c> has no key.</summary>
    public const string Alternative = "x-api-key";

    private const string Scheme = "Bearer ";
    private const int MaxBasicLength = 1024;

    /// <summary>The key a request carries: <c>Authorization: Bearer</c>, else <c>x-api-key</c>.</summary>
    /// <param name="authorization">The first header; null where it was not sent.</param>
    /// <param name="alternative">The other one, likewise.</param>
    /// <returns>The key, or null where none was sent.</returns>
    public static string? Read(string? authorization, string? alternative)
    {
        var key = authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true
            ? authorization[Scheme.Length..].Trim()
            : alternative?.Trim();
        return string.IsNullOrEmpty(key) ? null : key;
    }

    /// <summary>The key as a browser sends it: the password of <c>Authorization: Basic</c>, whatever the name.</summary>
    /// <param name="authorization">The header; null where it was not sent.</param>
    /// <returns>The key, or null where none was sent.</returns>
    public static string? ReadBasic(string? authorization) =>
        AuthenticationHeaderValue.TryParse(authorization, out var sent)
        && sent is { Scheme: "Basic", Parameter: { Length: <= MaxBasicLength } encoded }
        && new byte[encoded.Length] is var bytes
        && Convert.TryFromBase64String(encoded, bytes, out var length)
        && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [_, { Length: > 0 } key]
            ? key
            : null;
}
