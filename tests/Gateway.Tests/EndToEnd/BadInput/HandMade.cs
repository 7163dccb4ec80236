namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Requests by hand.</summary>
internal static class HandMade
{
    /// <summary>A request's head, without the empty line that ends it.</summary>
    public static string Head(this HostileGateway gateway, string method, string path, params string[] headers) =>
        string.Join("\r\n", [$"{method} {path} HTTP/1.1", "Host: herd", $"Authorization: Bearer {gateway.Tenant.Key}", .. headers, ""]);

    /// <summary>A whole request with a body.</summary>
    public static byte[] Whole(this HostileGateway gateway, string method, string path, byte[] body, params string[] headers) =>
        [.. RawConnection.Bytes(gateway.Head(method, path, [.. headers, $"Content-Length: {body.Length}"]) + "\r\n"), .. body];

    /// <summary>A request that asks for a plain completion.</summary>
    public static byte[] Completion(this HostileGateway gateway, byte[] body) => gateway.Whole("POST", "/v1/completions", body, "Content-Type: application/json");
}
