using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Herd.Testing.Checkpoints;

namespace Herd.Fuzz;

/// <summary>Changes inside containers, with lengths and checksums made right again, so that they reach what lies behind them.</summary>
internal static class ContainerMutation
{
    private const int PngSignature = 8;
    private static readonly string[] Names = ["../x", "/x", "a//b", ".", "archive/data.pkl", "archive/data/0", "x\0y", "a\\b", "archive/code/x.py"];

    /// <summary>Changes entries of a zip container, or the container itself.</summary>
    public static byte[] Zip(Random random, byte[] container, Func<string, Func<Random, byte[], byte[]>> changeOf)
    {
        if (random.Next(4) == 0)
        {
            return Mutation.Bytes(random, container);
        }

        var entries = ZipBytes.Unpack(container).ToList();
        for (var changes = Mutation.Changes(random); changes > 0 && entries.Count > 0; changes--)
        {
            var at = random.Next(entries.Count);
            var (name, content) = entries[at];
            switch (random.Next(10))
            {
                case 0:
                    entries.RemoveAt(at);
                    break;
                case 1:
                    entries.Add((name, content));
                    break;
                case 2:
                    entries[at] = (Names[random.Next(Names.Length)], content);
                    break;
                case 3:
                    entries[at] = (name, entries[random.Next(entries.Count)].Content);
                    break;
                default:
                    entries[at] = (name, changeOf(name)(random, content));
                    break;
            }
        }

        return ZipBytes.Pack(entries, random.Next(8) == 0 ? CompressionLevel.Fastest : CompressionLevel.NoCompression);
    }

    /// <summary>Changes the header of a safetensors file.</summary>
    public static byte[] Safetensors(Random random, byte[] file)
    {
        var length = file.Length < sizeof(ulong) ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(file);
        if (random.Next(4) == 0 || length == 0 || length > (ulong)(file.Length - sizeof(ulong)))
        {
            return Mutation.Bytes(random, file);
        }

        var header = JsonMutation.Bytes(random, file[sizeof(ulong)..(sizeof(ulong) + (int)length)]);
        var prefix = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        var data = file[(sizeof(ulong) + (int)length)..];
        return [.. prefix, .. header, .. random.Next(8) == 0 ? Mutation.Bytes(random, data) : data];
    }

    /// <summary>Changes chunks of a PNG file.</summary>
    public static byte[] Png(Random random, byte[] file)
    {
        var changed = Mutation.Bytes(random, file);
        if (random.Next(4) == 0)
        {
            return changed;
        }

        for (long at = PngSignature; at + 12 <= changed.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(changed.AsSpan((int)at));
            if (length > changed.Length - at - 12)
            {
                break;
            }

            var crc = Crc32.HashToUInt32(changed.AsSpan((int)at + 4, (int)length + 4));
            BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan((int)(at + 8 + length)), crc);
            at += 12 + length;
        }

        return changed;
    }
}
