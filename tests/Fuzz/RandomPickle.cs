using System.Buffers.Binary;
using System.Text;

namespace Herd.Fuzz;

/// <summary>Pickles by chance: operations with arguments that fit them, in an order that means nothing.</summary>
internal static class RandomPickle
{
    private const string Opcodes = ")}](tRbsuaeNKMJGXq\u0080\u0085\u0086\u0087\u0088\u0089\u008a\u008c\u0093\u0094hjrcQ.";
    private static readonly string[] Globals = ["torch._utils\n_rebuild_tensor_v2\n", "collections\nOrderedDict\n", "torch\nFloatStorage\n", "os\nsystem\n", "__torch__.M\nM\n", "builtins\neval\n"];
    private static readonly string[] Texts = ["storage", "0", "cpu", "model", "config", "a", ""];

    /// <summary>A pickle, or the first part of a sound one with another end.</summary>
    public static byte[] Change(Random random, byte[] pickle)
    {
        if (random.Next(3) > 0)
        {
            return Mutation.Bytes(random, pickle);
        }

        var bytes = new List<byte>(random.Next(2) == 0 ? [0x80, 2] : pickle[..random.Next(pickle.Length)]);
        for (var operations = random.Next(200); operations > 0; operations--)
        {
            Add(random, bytes);
        }

        bytes.Add((byte)'.');
        return [.. bytes];
    }

    private static void Add(Random random, List<byte> bytes)
    {
        var opcode = Opcodes[random.Next(Opcodes.Length - 1)];
        bytes.Add((byte)opcode);
        switch (opcode)
        {
            case 'K' or 'q' or 'h' or '\u0080':
                bytes.Add((byte)random.Next(8));
                break;
            case 'M':
                bytes.AddRange([(byte)random.Next(256), (byte)random.Next(256)]);
                break;
            case 'J' or 'j' or 'r':
                bytes.AddRange(Little(Mutation.Number(random))[..4]);
                break;
            case 'G':
                bytes.AddRange(Little(Mutation.Number(random)));
                break;
            case '\u008a':
                bytes.Add(8);
                bytes.AddRange(Little(Mutation.Number(random)));
                break;
            case 'X':
                var text = Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)]);
                bytes.AddRange([.. Little(text.Length)[..4], .. text]);
                break;
            case '\u008c':
                var brief = Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)]);
                bytes.AddRange([(byte)brief.Length, .. brief]);
                break;
            case 'c':
                bytes.AddRange(Encoding.UTF8.GetBytes(Globals[random.Next(Globals.Length)]));
                break;
        }
    }

    private static byte[] Little(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}
