using Microsoft.Net.Http.Headers;

namespace Herd.Gateway.Keys;

/// <summary>Where a request carries its key.</summary>
internal static class KeyHeader
{
    private const string Scheme = "Bearer ";
    private const string Alternative = "x-api-key";

    /// <summary>The key a request carries: <c>Authorization: Bearer</c>, else <c>x-api-key</c>.</summary>
    /// <param name="headers">The request's headers, or a gRPC call's metadata.</param>
    /// <returns>The key, or null where none was sent.</returns>
    public static string? Read(IHeaderDictionary headers)
    {
        var authorization = headers[HeaderNames.Authorization].ToString();
        var key = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[Scheme.Length..].Trim()
            : headers[Alternative].ToString().Trim();
        return key.Length > 0 ? key : null;
    }
}
