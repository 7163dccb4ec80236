using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>What is hardly HTTP: the server answers with an error or hangs up, and goes on for all others.</summary>
[Collection(typeof(HostileClients))]
public sealed class BrokenHttpTests(HostileGateway gateway)
{
    private const string Ask = """{"model":"base","prompt":"x","max_tokens":1}""";

    private IEnumerable<(string Name, byte[] Bytes, int[] Statuses)> Broken =>
    [
        ("garbage", [.. Enumerable.Range(0, 4000).Select(i => (byte)((i * 131) ^ (i >> 2)))], [400, 0]),
        ("no host", RawConnection.Bytes("GET /v1/models HTTP/1.1\r\n\r\n"), [400]),
        ("an unknown version", RawConnection.Bytes("GET /v1/models HTTP/9.9\r\nHost: herd\r\n\r\n"), [400, 505]),
        ("another method", Get("BREW", "/v1/models"), [404, 405]),
        ("a long line", Get("GET", "/v1/models/" + new string('a', 100_000)), [414]),
        ("many headers", Get("GET", "/v1/models", [.. Enumerable.Range(0, 200).Select(i => $"X-{i}: {i}")]), [431]),
        ("a large header", Get("GET", "/v1/models", "X-Large: " + new string('a', 100_000)), [431]),
        ("a header without a name", Get("GET", "/v1/models", ": x"), [400]),
        ("a zero in a header", Get("GET", "/v1/models", "X: a\0b"), [400]),
        ("a folded header", Get("GET", "/v1/models", "X: a\r\n b"), [400]),
        ("no UTF-8 in a key", RawConnection.Bytes("GET /v1/models HTTP/1.1\r\nHost: herd\r\nAuthorization: Bearer herd_\u00ff\u00fe\r\n\r\n"), [400, 401]),
        ("no UTF-8 in a path", Get("GET", "/v1/models/\u00ff\u00fe"), [400]),
        ("no UTF-8 in an escaped path", Get("GET", "/v1/models/%ff%fe%c3%28"), [400, 404]),
        ("a zero in a path", Get("GET", "/v1/models/a%00b"), [400]),
        ("two lengths", Post("Content-Length: 5", "Content-Length: 6"), [400]),
        ("a length that is none", Post("Content-Length: -1"), [400]),
        ("a length beyond all numbers", Post("Content-Length: 99999999999999999999"), [400]),
        ("a length and chunks", [.. Post($"Content-Length: {Ask.Length}", "Transfer-Encoding: chunked"), .. "zz\r\n"u8], [400]),
        ("chunks of no size", [.. Post("Transfer-Encoding: chunked"), .. "zz\r\n{}\r\n0\r\n\r\n"u8], [400]),
        ("chunks of a huge size", [.. Post("Transfer-Encoding: chunked"), .. "ffffffffffffffff\r\n{}"u8], [400]),
        ("chunks broken off", [.. Post("Transfer-Encoding: chunked"), .. "40\r\n{\"model\":"u8], [400, 0]),
        ("a body broken off", [.. Post("Content-Length: 1000"), .. "{\"model\":"u8], [400, 0]),
        ("an unknown encoding", Post("Transfer-Encoding: rot13"), [400, 501]),
        ("a key over HTTP/2 where HTTP/1 is spoken", RawConnection.Bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), [400, 0]),
        ("TLS", [0x16, 3, 1, 0, 0xa5, 1, 0, 0, 0xa1, 3, 3, .. new byte[160]], [400, 0]),
    ];

    [Fact]
    public async Task BrokenRequest_IsRefusedOrHungUpOn()
    {
        var faults = new List<string>();
        foreach (var (name, bytes, statuses) in Broken)
        {
            var response = await RawConnection.AskAsync(gateway.Process.Http, bytes, closes: statuses.Contains(0));
            if (!statuses.Contains(response.Status))
            {
                faults.Add($"{name}: {response.Status} {response.Body}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task Http1_WhereGrpcIsSpoken_IsRefusedOrHungUpOn()
    {
        var response = await RawConnection.AskAsync(gateway.Process.Grpc, Get("GET", "/v1/models"));

        Assert.Contains(response.Status, (int[])[0, 400]);
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task Pipelined_RequestsSoundAndBroken_AreAnsweredInOrder()
    {
        const int Requests = 20;
        using var connection = await RawConnection.OpenAsync(gateway.Process.Http);
        var all = Enumerable.Range(0, Requests).SelectMany(i => gateway.Completion((i % 2 == 0 ? Ask : "{}").Select(letter => (byte)letter).ToArray()));
        await connection.SendAsync(all.ToArray());

        for (var i = 0; i < Requests; i++)
        {
            Assert.Equal(i % 2 == 0 ? 200 : 400, (await connection.ReadResponseAsync()).Status);
        }

        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task StalledBodiesAndHeads_AreGivenUp()
    {
        byte[][] stalled =
        [
            [.. Post("Content-Length: 1000"), .. "{\"model\":"u8],
            [.. Post("Transfer-Encoding: chunked"), .. "40\r\n{\"model\":"u8],
            RawConnection.Bytes("POST /v1/completions HTTP/1.1\r\nHost: herd\r\nX-"),
        ];

        // A server that waits for ever would keep the test.
        var responses = await Task.WhenAll(stalled.Select(bytes => RawConnection.AskAsync(gateway.Process.Http, bytes)));

        Assert.Equal([(408, "too_slow"), (408, "too_slow")], responses[..2].Select(response => (response.Status, response.Code ?? "")));
        Assert.Contains(responses[2].Status, (int[])[0, 408]);
        await gateway.ExpectUnharmedAsync();
    }

    private byte[] Get(string method, string path, params string[] headers) => RawConnection.Bytes(gateway.Head(method, path, headers) + "\r\n");

    private byte[] Post(params string[] headers) => Get("POST", "/v1/completions", headers);
}
