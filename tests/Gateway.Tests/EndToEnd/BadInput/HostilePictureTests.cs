using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text.Json;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Pictures that are none, that are elsewhere, or that are far larger than their files.</summary>
[Collection(typeof(HostileClients))]
public sealed class HostilePictureTests(HostileGateway gateway)
{
    private static IEnumerable<(string Name, string Url)> Pictures =>
    [
        ("elsewhere", "http://127.0.0.1:1/x.png"),
        ("a file", "file:///etc/passwd"),
        ("nothing", ""),
        ("only a scheme", "data:"),
        ("no comma", "data:image/png;base64"),
        ("no bytes", "data:image/png;base64,"),
        ("no base64", "data:image/png;base64,%%%%"),
        ("base64 cut off", "data:image/png;base64,iVBORw0KGgo"),
        ("not encoded", "data:image/png,abc"),
        ("text", "data:text/html;base64,PGI+"),
        ("SVG", "data:image/svg+xml;base64,PHN2Zz4="),
        ("SVG by another name", Url("image/png", "<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"u8.ToArray())),
        ("a script", Url("image/png", "#!/bin/sh\nid\n"u8.ToArray())),
        ("random", Url("image/jpeg", [.. Enumerable.Range(0, 5000).Select(i => (byte)((i * 37) ^ (i >> 4)))])),
        ("a JPEG's beginning", Url("image/jpeg", [0xff, 0xd8, 0xff, 0xe0, 0, 16])),
        ("a GIF's beginning", Url("image/gif", "GIF89a\u00ff\u00ff\u00ff\u00ff"u8.ToArray())),
        ("a WebP's beginning", Url("image/webp", "RIFF\u00ff\u00ff\u00ff\x7fWEBPVP8 "u8.ToArray())),
        ("65,535 by 65,535 pixels", Url("image/png", Png(65_535, 65_535))),
        ("2^31 by 2^31 pixels", Url("image/png", Png(int.MaxValue, int.MaxValue))),
        ("no pixels", Url("image/png", Png(0, 0))),
        ("eleven megabytes", Url("image/png", new byte[11 << 20])),
    ];

    [Fact]
    public async Task HostilePicture_IsRefusedAndNotKept()
    {
        var faults = new List<string>();
        foreach (var (name, url) in Pictures)
        {
            var body = JsonSerializer.Serialize(new
            {
                model = "kept",
                max_tokens = 1,
                messages = new[] { new { role = "user", content = new object[] { new { type = "text", text = "x" }, new { type = "image_url", image_url = new { url } } } } },
            });
            var (status, answer) = await gateway.Tenant.PostAsync("/v1/chat/completions", body);
            var code = status == 200 ? null : answer.GetProperty("error").GetProperty("code").GetString();
            if (status != 400 || code is not ("invalid_image" or "invalid_value"))
            {
                faults.Add($"{name}: {status} {answer}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        await gateway.ExpectUnharmedAsync();
    }

    private static string Url(string type, byte[] bytes) => $"data:{type};base64,{Convert.ToBase64String(bytes)}";

    /// <summary>A sound PNG but for its size: a bomb.</summary>
    private static byte[] Png(int width, int height)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 0);
        Chunk(file, "IHDR"u8, header);
        using var rows = new MemoryStream();
        using (var zip = new ZLibStream(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write(new byte[1 << 20]);
        }

        Chunk(file, "IDAT"u8, rows.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        byte[] all = [.. type, .. data];
        file.Write(all);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(all));
        file.Write(number);
    }
}
