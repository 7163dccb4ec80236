using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using AuthenticationHeaderValue = System.Net.Http.Headers.AuthenticationHeaderValue;

namespace Herd.Silo.Keys;

/// <summary>Where a request carries its key.</summary>
public static class KeyHeader
{
    private const string Scheme = "Bearer ";
    private const string Alternative = "x-api-key";
    private const int MaxBasicLength = 1024;

    /// <summary>The key a request carries: <c>Authorization: Bearer</c>, else <c>x-api-key</c>.</summary>
    /// <param name="headers">The request's headers, or a gRPC call's metadata.</param>
    /// <returns>The key, or null where none was sent.</returns>
    public static string? Read(IHeaderDictionary headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var authorization = headers[HeaderNames.Authorization].ToString();
        var key = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[Scheme.Length..].Trim()
            : headers[Alternative].ToString().Trim();
        return key.Length > 0 ? key : null;
    }

    /// <summary>The key as a browser sends it: the password of <c>Authorization: Basic</c>, whatever the name.</summary>
    /// <param name="headers">The request's headers.</param>
    /// <returns>The key, or null where none was sent.</returns>
    public static string? ReadBasic(IHeaderDictionary headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        return AuthenticationHeaderValue.TryParse(headers[HeaderNames.Authorization], out var sent)
        && sent is { Scheme: "Basic", Parameter: { Length: <= MaxBasicLength } encoded }
        && new byte[encoded.Length] is var bytes
        && Convert.TryFromBase64String(encoded, bytes, out var length)
        && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [_, { Length: > 0 } key]
            ? key
            : null;
    }
}
