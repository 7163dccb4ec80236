using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>What came back over a raw connection: nothing where the server hung up.</summary>
internal sealed record RawResponse(int Status, string Body)
{
    /// <summary>The server hung up without a word.</summary>
    public static RawResponse None { get; } = new(0, "");

    /// <summary>The error's code, where the body is one of OpenAI's form.</summary>
    public string? Code => Body.StartsWith('{') ? JsonDocument.Parse(Body).RootElement.GetProperty("error").GetProperty("code").GetString() : null;
}

/// <summary>HTTP/1.1 by hand: sends what no decent client would.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly MemoryStream _received = new();

    private RawConnection(int? receiveBuffer)
    {
        if (receiveBuffer is { } bytes)
        {
            _socket.ReceiveBufferSize = bytes;
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Connects.</summary>
    /// <param name="address">The server.</param>
    /// <param name="receiveBuffer">How much the kernel takes before the client reads it; null for its own choice.</param>
    public static async Task<RawConnection> OpenAsync(Uri address, int? receiveBuffer = null)
    {
        var connection = new RawConnection(receiveBuffer);
        await connection._socket.ConnectAsync(address.Host, address.Port, Cancellation);
        return connection;
    }

    /// <summary>Sends one request over a connection of its own.</summary>
    public static async Task<RawResponse> AskAsync(Uri address, byte[] request, bool closes = false)
    {
        using var connection = await OpenAsync(address);
        await connection.SendAsync(request);
        if (closes)
        {
            connection.CloseSending();
        }

        return await connection.ReadResponseAsync();
    }

    /// <summary>The bytes of a request: letters stand for the bytes of their numbers.</summary>
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Sends bytes; where the server has hung up already, they are lost.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                sent += await _socket.SendAsync(bytes[sent..], SocketFlags.None, Cancellation);
            }
        }
        catch (SocketException)
        {
            // What it answered before can still be read.
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads some bytes.</summary>
    /// <returns>How many came; 0 at the end.</returns>
    public async Task<int> ReadAsync(int most)
    {
        var buffer = new byte[most];
        try
        {
            var read = await _socket.ReceiveAsync(buffer, SocketFlags.None, Cancellation);
            _received.Write(buffer, 0, read);
            return read;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Reads one response, and leaves what stands behind it for the next call.</summary>
    public async Task<RawResponse> ReadResponseAsync()
    {
        int head;
        while ((head = Text().IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            if (await ReadAsync(65536) == 0)
            {
                return RawResponse.None;
            }
        }

        var lines = Text()[..head].Split("\r\n");
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var start = head + 4;
        var end = HeaderOf(lines, "Content-Length") is { } length
            ? start + int.Parse(length, CultureInfo.InvariantCulture)
            : HeaderOf(lines, "Transfer-Encoding") is null ? start : await EndOfChunksAsync(start);
        while (Text().Length < end && await ReadAsync(65536) > 0)
        {
        }

        var all = Text();
        var body = all[start..Math.Min(end, all.Length)];
        Keep(all[Math.Min(end, all.Length)..]);
        return new RawResponse(status, HeaderOf(lines, "Transfer-Encoding") is null ? body : Unchunk(body));
    }

    public void Dispose()
    {
        _socket.Dispose();
        _received.Dispose();
    }

    private async Task<int> EndOfChunksAsync(int start)
    {
        int end;
        while ((end = Text().IndexOf("0\r\n\r\n", start, StringComparison.Ordinal)) < 0)
        {
            if (await ReadAsync(65536) == 0)
            {
                return Text().Length;
            }
        }

        return end + 5;
    }

    private string Text() => Encoding.Latin1.GetString(_received.GetBuffer(), 0, (int)_received.Length);

    private void Keep(string rest)
    {
        _received.SetLength(0);
        _received.Write(Encoding.Latin1.GetBytes(rest));
    }

    private static string? HeaderOf(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    // The responses read here are of one chunk or few.
    private static string Unchunk(string body)
    {
        var text = new StringBuilder();
        for (var at = 0; body.IndexOf("\r\n", at, StringComparison.Ordinal) is >= 0 and var line;)
        {
            var size = int.Parse(body[at..line], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                break;
            }

            text.Append(body, line + 2, size);
            at = line + 2 + size + 2;
        }

        return text.ToString();
    }
}
