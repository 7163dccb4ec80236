using CsCheck;
using Herd.Engine.Checkpoints;
using Xunit;

namespace Herd.Engine.Tests.Checkpoints;

public sealed class PickleReaderTests
{
    private static readonly Dictionary<string, byte[]> Unsound = new()
    {
        ["protocol 0"] = [(byte)'(', (byte)'.'],
        ["protocol 1"] = new PickleBytes(1).Op(PickleOpcode.None).Stop(),
        ["protocol 6"] = new PickleBytes(6).Op(PickleOpcode.None).Stop(),
        ["nothing on the stack"] = new PickleBytes().Stop(),
        ["no mark"] = new PickleBytes().Op(PickleOpcode.Tuple).Stop(),
        ["value below a mark"] = new PickleBytes().Op(PickleOpcode.None).Op(PickleOpcode.Mark).Op(PickleOpcode.Tuple1).Stop(),
        ["unknown memo"] = new PickleBytes().Op(PickleOpcode.BinGet, 1).Stop(),
        ["memo of nothing"] = new PickleBytes().Op(PickleOpcode.Memoize).Stop(),
        ["text beyond the end"] = new PickleBytes().Op(PickleOpcode.BinUnicode, 0xff, 0xff, 0xff, 0xff).Stop(),
        ["text of 2^64 bytes"] = new PickleBytes().Op(PickleOpcode.BinUnicode8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff).Stop(),
        ["text not in UTF-8"] = new PickleBytes().Op(PickleOpcode.ShortBinUnicode, 1, 0xff).Stop(),
        ["a number of 72 bits"] = new PickleBytes().Op(PickleOpcode.Long1, [9, .. new byte[9]]).Stop(),
        ["odd dictionary items"] = new PickleBytes().Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark).Text("a").Op(PickleOpcode.SetItems).Stop(),
        ["a key twice"] = PickleBytes.Dictionary(root => root.Text("a").Number(1).Text("a").Number(2)),
        ["a key that is no text"] = PickleBytes.Dictionary(root => root.Number(1).Number(2)),
        ["items of no dictionary"] = new PickleBytes().Op(PickleOpcode.None).Text("a").Number(1).Op(PickleOpcode.SetItem).Stop(),
        ["appending to no list"] = new PickleBytes().Op(PickleOpcode.None).Number(1).Op(PickleOpcode.Append).Stop(),
        ["attributes of no dictionary"] = new PickleBytes().Op(PickleOpcode.EmptyList).Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Build).Stop(),
        ["a call of a value"] = new PickleBytes().Text("os.system").Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Reduce).Stop(),
        ["a call without arguments"] = new PickleBytes().Global("collections", "OrderedDict").Op(PickleOpcode.None).Op(PickleOpcode.Reduce).Stop(),
        ["a reference to no storage"] = new PickleBytes().Text("x").Op(PickleOpcode.BinPersistentId).Stop(),
        ["an endless name"] = new PickleBytes().Op(PickleOpcode.Global, new byte[1000]).Stop(),
        ["bytes behind the end"] = [.. new PickleBytes().Op(PickleOpcode.None).Stop(), 0],
        ["too many operations"] = Repeated(PickleOpcode.EmptyDict, 3_000_000),
    };

    public static TheoryData<string> UnsoundNames => new(Unsound.Keys);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Read_NumbersAndText_OfEveryForm(byte protocol)
    {
        var pickle = new PickleBytes(protocol)
            .Op(PickleOpcode.Frame, new byte[8])
            .Op(PickleOpcode.EmptyList).Op(PickleOpcode.Mark)
            .Op(PickleOpcode.BinInt1, 255).Op(PickleOpcode.BinInt2, 0xff, 0xff).Op(PickleOpcode.BinInt, 0xff, 0xff, 0xff, 0xff)
            .Op(PickleOpcode.Long1, 0).Op(PickleOpcode.Long1, 2, 0x00, 0x80).Number(long.MinValue)
            .Op(PickleOpcode.ShortBinUnicode, 2, (byte)'h', (byte)'i').Op(PickleOpcode.BinUnicode8, 1, 0, 0, 0, 0, 0, 0, 0, (byte)'x')
            .Op(PickleOpcode.Memoize).Op(PickleOpcode.BinGet, 0).Float(-1.5)
            .Op(PickleOpcode.Appends).Stop();

        Assert.Equal([255L, 65535L, -1L, 0L, -32768L, long.MinValue, "hi", "x", "x", -1.5], Assert.IsType<List<object?>>(Read(pickle)));
    }

    [Fact]
    public void Read_StackGlobal_FindsTheSameNames()
    {
        var pickle = new PickleBytes(4).Text("collections").Text("OrderedDict").Op(PickleOpcode.StackGlobal)
            .Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.Reduce).Stop();

        Assert.Empty(Assert.IsType<Dictionary<string, object?>>(Read(pickle)));
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch.storage", "_load_from_bytes")]
    [InlineData("torch", "load")]
    [InlineData("torch", "ComplexFloatStorage")]
    [InlineData("argparse", "Namespace")]
    [InlineData("collections", "OrderedDict.fromkeys")]
    public void Read_OtherPythonName_IsRefusedByThatName(string module, string name)
    {
        byte[][] pickles =
        [
            new PickleBytes().Global(module, name).Stop(),
            new PickleBytes(4).Text(module).Text(name).Op(PickleOpcode.StackGlobal).Stop(),
        ];

        Assert.All(pickles, pickle => Assert.Contains($"'{module}.{name}', which is not allowed", Refused(pickle).Message));
    }

    [Theory]
    [InlineData('i')]
    [InlineData('o')]
    [InlineData('P')]
    [InlineData('I')]
    [InlineData('S')]
    [InlineData('\x82')]
    [InlineData('\x92')]
    [InlineData('\x97')]
    [InlineData('\xff')]
    public void Read_OtherOperation_IsRefused(char operation)
    {
        Assert.Contains($"found 0x{(int)operation:x2}", Refused(new PickleBytes().Op((PickleOpcode)operation).Stop()).Message);
    }

    [Theory]
    [MemberData(nameof(UnsoundNames))]
    public void Read_Unsound_IsRefused(string name)
    {
        Assert.StartsWith("x.pth: expected", Refused(Unsound[name]).Message);
    }

    [Fact]
    public void Convert_NestedDeeply_IsRefused()
    {
        Assert.Contains("nested at most", RefusedTree(Repeated(PickleOpcode.Tuple1, 100_000, PickleOpcode.None)).Message);
    }

    [Fact]
    public void Convert_ListInsideItself_IsRefused()
    {
        var pickle = new PickleBytes().Op(PickleOpcode.EmptyList).Op(PickleOpcode.BinPut, 0).Op(PickleOpcode.BinGet, 0).Op(PickleOpcode.Append).Stop();

        RefusedTree(pickle);
    }

    [Fact]
    public void Convert_ListsThatDoubleAtEachLevel_AreRefused()
    {
        var pickle = new PickleBytes().Op(PickleOpcode.None);
        for (var level = 0; level < 30; level++)
        {
            pickle.Op(PickleOpcode.BinPut, 0).Op(PickleOpcode.BinGet, 0).Op(PickleOpcode.Tuple2);
        }

        RefusedTree(pickle.Stop());
    }

    [Fact]
    public void Read_AnyChangeOfASoundPickle_ReadsOrIsRefusedInBoundedMemory()
    {
        const long MostBytes = 1 << 20;
        var sound = PickleBytes.Dictionary(root => root
            .Text("model").OrderedDictionary().Op(PickleOpcode.Mark)
            .Text("w").Tensor("FloatStorage", "0", 4, 0, [2, 2], [2, 1]).Op(PickleOpcode.SetItems)
            .Text("config").Op(PickleOpcode.EmptyDict).Text("rank").Number(4).Op(PickleOpcode.SetItem));
        var edits = Gen.Select(Gen.Int[2, sound.Length - 1], Gen.Byte).Array[1, 4];

        edits.Sample(
            changes =>
            {
                var pickle = (byte[])sound.Clone();
                foreach (var (at, value) in changes)
                {
                    pickle[at] = value;
                }

                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    new PthTree("x.pth").Convert("", Read(pickle));
                }
                catch (CheckpointException)
                {
                }

                return GC.GetAllocatedBytesForCurrentThread() - before < MostBytes;
            },
            iter: 20_000);
    }

    private static byte[] Repeated(PickleOpcode opcode, int count, params PickleOpcode[] first)
    {
        var pickle = new PickleBytes();
        Array.ForEach(first, operation => pickle.Op(operation));
        for (var i = 0; i < count; i++)
        {
            pickle.Op(opcode);
        }

        return pickle.Stop();
    }

    private static object? Read(byte[] pickle)
    {
        return PickleReader.Read(pickle, "x.pth", key => key == "0" ? new ZipEntry("archive/data/0", 0, 16, 0, IsPlain: true, ContentLength: 16, IsFile: true) : null);
    }

    private static CheckpointException Refused(byte[] pickle)
    {
        return Assert.Throws<CheckpointException>(() => Read(pickle));
    }

    private static CheckpointException RefusedTree(byte[] pickle)
    {
        var value = Read(pickle);
        return Assert.Throws<CheckpointException>(() => new PthTree("x.pth").Convert("", value));
    }
}
