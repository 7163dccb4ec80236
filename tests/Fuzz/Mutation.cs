using System.Buffers.Binary;

namespace Herd.Fuzz;

/// <summary>Changes that know nothing of the format: bits, bytes, numbers, cuts, copies.</summary>
internal static class Mutation
{
    private const int MostChanges = 6;
    private const int LongestChunk = 64;

    private static readonly long[] Numbers =
    [
        0, 1, -1, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, long.MaxValue / 2, 1L << 40,
    ];

    /// <summary>A number that readers get wrong.</summary>
    public static long Number(Random random) => Numbers[random.Next(Numbers.Length)];

    /// <summary>How many changes to make: mostly one, since what has many is refused for the first.</summary>
    public static int Changes(Random random) => random.Next(2) == 0 ? 1 : 1 + random.Next(MostChanges);

    /// <summary>Changes a few places.</summary>
    public static byte[] Bytes(Random random, byte[] input)
    {
        var bytes = input;
        for (var changes = Changes(random); changes > 0; changes--)
        {
            bytes = Once(random, bytes);
        }

        return bytes;
    }

    private static byte[] Once(Random random, byte[] input)
    {
        if (input.Length == 0)
        {
            return [(byte)random.Next(256)];
        }

        var at = random.Next(input.Length);
        var length = Math.Min(1 + random.Next(LongestChunk), input.Length - at);
        byte[] copy = [.. input];
        switch (random.Next(10))
        {
            case 0:
                copy[at] ^= (byte)(1 << random.Next(8));
                return copy;
            case 1:
                copy[at] = (byte)random.Next(256);
                return copy;
            case 2:
                Put(random, copy.AsSpan(at));
                return copy;
            case 3:
                return input[..at];
            case 4:
                return [.. input[..at], .. input[(at + length)..]];
            case 5:
                return [.. input[..(at + length)], .. input[at..]];
            case 6:
                return [.. input[..at], .. Enumerable.Range(0, length).Select(_ => (byte)random.Next(256)), .. input[at..]];
            default:
                var from = random.Next(input.Length - length + 1);
                input.AsSpan(from, length).CopyTo(copy.AsSpan(at, length));
                return copy;
        }
    }

    private static void Put(Random random, Span<byte> place)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, Number(random));
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(number, Number(random));
        }

        var width = Math.Min(1 << random.Next(4), place.Length);
        (random.Next(2) == 0 ? number[..width] : number[^width..]).CopyTo(place);
    }
}
