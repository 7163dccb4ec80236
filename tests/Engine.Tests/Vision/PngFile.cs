using System.Buffers.Binary;
using System.IO.Compression;

namespace Herd.Engine.Tests.Vision;

/// <summary>Writes PNG files of any kind, sound or not.</summary>
internal static class PngFile
{
    public static byte[] Write(int width, int height, byte colour, byte depth, byte[] packedRows, params (string Type, byte[] Data)[] extra)
    {
        var file = new List<byte> { 0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A };
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (depth, colour);
        Append(file, "IHDR", header);
        foreach (var (type, data) in extra)
        {
            Append(file, type, data);
        }

        Append(file, "IDAT", Compress(height, packedRows));
        Append(file, "IEND", []);
        return [.. file];
    }

    private static byte[] Compress(int height, byte[] packedRows)
    {
        var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest))
        {
            foreach (var row in packedRows.Chunk(Math.Max(packedRows.Length / height, 1)))
            {
                zlib.WriteByte(0); // The row is not filtered.
                zlib.Write(row);
            }
        }

        return compressed.ToArray();
    }

    private static void Append(List<byte> file, string type, byte[] data)
    {
        byte[] body = [.. type.Select(c => (byte)c), .. data];
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.AddRange(number);
        file.AddRange(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum(body));
        file.AddRange(number);
    }

    private static uint Checksum(byte[] body)
    {
        var crc = uint.MaxValue;
        foreach (var value in body)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
