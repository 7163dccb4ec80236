using System.IO.Compression;
using Herd.Engine.Checkpoints;
using Herd.Testing;
using Herd.Testing.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Checkpoints;

public sealed class PthFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
    }

    [Fact]
    public void Read_FlatDictionary_GivesTheStoredValues()
    {
        using var file = Open(PthBytes.PackTensor(6, 0, [2, 3], [3, 1]));
        using var tensor = file.Read("w");

        Assert.Equal(new TensorInfo("w", ScalarType.Float32, [2, 3]), file.Tensors["w"]);
        Assert.Equal([2, 3], tensor.shape);
        Assert.Equal([0, 1, 2, 3, 4, 5], tensor.data<float>().ToArray());
    }

    [Theory]
    [InlineData(1, new long[] { 2, 2 }, new long[] { 2, 1 }, new float[] { 1, 2, 3, 4 })]
    [InlineData(0, new long[] { 3, 2 }, new long[] { 1, 3 }, new float[] { 0, 3, 1, 4, 2, 5 })]
    [InlineData(1, new long[] { 2, 2 }, new long[] { 4, 1 }, new float[] { 1, 2, 5, 6 })]
    [InlineData(3, new long[] { 1, 1, 3 }, new long[] { 99, 77, 1 }, new float[] { 3, 4, 5 })]
    [InlineData(7, new long[] { }, new long[] { }, new float[] { 7 })]
    public void Read_ViewOfAStorage_IsMaterialised(long offset, long[] shape, long[] strides, float[] expected)
    {
        using var file = Open(PthBytes.PackTensor(8, offset, shape, strides));
        using var tensor = file.Read("w");

        Assert.True(tensor.is_contiguous());
        Assert.Equal(shape, tensor.shape);
        Assert.Equal(expected, tensor.data<float>().ToArray());
    }

    [Fact]
    public void Read_EmptyView_IsEmpty()
    {
        using var file = Open(PthBytes.PackTensor(8, 8, [0, 3], [3, 1]));
        using var tensor = file.Read("w");

        Assert.Equal([0, 3], tensor.shape);
    }

    [Fact]
    public void Read_ManyThreadsAtOnce_EachGetsTheValues()
    {
        using var file = Open(PthBytes.PackTensor(10_000, 0, [100, 100], [1, 100]));

        Parallel.For(0, 64, i =>
        {
            using var tensor = file.Read("w");
            Assert.Equal(100 * (i % 100) + 1, tensor[1, i % 100].item<float>());
        });
    }

    [Fact]
    public void Open_ModelAndConfig_GivesTensorsOfTheModelAndTypedValues()
    {
        var pickle = PickleBytes.Dictionary(root => root
            .Text("model").OrderedDictionary().Op(PickleOpcode.Mark)
            .Text("w").Tensor("FloatStorage", "0", 2, 0, [2], [1])
            .Text("tied").Tensor("FloatStorage", "0", 2, 0, [2], [1])
            .Op(PickleOpcode.SetItems)
            .Op(PickleOpcode.EmptyDict).Text("_metadata").OrderedDictionary().Op(PickleOpcode.SetItem).Op(PickleOpcode.Build)
            .Text("config").Op(PickleOpcode.EmptyDict).Op(PickleOpcode.Mark)
            .Text("rank").Number(-3).Text("rate").Float(0.5).Text("bias").Op(PickleOpcode.NewTrue).Text("name").Text("å")
            .Text("none").Op(PickleOpcode.None)
            .Text("list").Op(PickleOpcode.EmptyList).Number(1).Op(PickleOpcode.Append)
            .Op(PickleOpcode.SetItems));
        using var file = Open(PthBytes.Pack(pickle, 2));

        Assert.Equal(["tied", "w"], file.Tensors.Keys.Order());
        Assert.True(file.TryGetConfig("rank", out long rank) && rank == -3);
        Assert.True(file.TryGetConfig("rate", out double rate) && rate == 0.5);
        Assert.True(file.TryGetConfig("bias", out bool bias) && bias);
        Assert.True(file.TryGetConfig("name", out string? name) && name == "å");
        Assert.False(file.TryGetConfig("other", out long _));
        Assert.Contains("of type Boolean, found Int64", Assert.Throws<CheckpointException>(() => file.TryGetConfig("rank", out bool _)).Message);
        var model = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(file.Root["model"]);
        Assert.Equal(file.Tensors["w"], model["w"]);
        var config = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(file.Root["config"]);
        Assert.Equal([1L], Assert.IsAssignableFrom<IReadOnlyList<object?>>(config["list"]));
        Assert.Null(config["none"]);
    }

    [Fact]
    public void Open_Parameter_IsItsTensor()
    {
        var pickle = PickleBytes.Dictionary(root => root.Text("w")
            .Global("torch._utils", "_rebuild_parameter").Op(PickleOpcode.Mark)
            .Tensor("HalfStorage", "0", 4, 0, [4], [1]).Op(PickleOpcode.NewTrue).OrderedDictionary().Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce));
        using var file = Open(PthBytes.Pack(pickle, 2));

        Assert.Equal(new TensorInfo("w", ScalarType.Float16, [4]), file.Tensors["w"]);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Open_TensorWithFurtherAttributes_IsReadOnlyWhereTheyAreEmpty(bool any, bool accepted)
    {
        var container = PthBytes.Pack(
            PickleBytes.Dictionary(root =>
            {
                root.Text("w").Global("torch._utils", "_rebuild_tensor_v2").Op(PickleOpcode.Mark).Storage("FloatStorage", "0", 1).Number(0)
                    .Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.EmptyTuple).Op(PickleOpcode.NewFalse).OrderedDictionary().Op(PickleOpcode.EmptyDict);
                _ = any ? root.Text("conj").Op(PickleOpcode.NewTrue).Op(PickleOpcode.SetItem) : root;
                root.Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce);
            }),
            1);

        if (accepted)
        {
            Open(container).Dispose();
        }
        else
        {
            Assert.Contains("a known form of tensor", Refused(container).Message);
        }
    }

    [Theory]
    [InlineData(8, 0, new long[] { 9 }, new long[] { 1 })]
    [InlineData(8, 7, new long[] { 2 }, new long[] { 1 })]
    [InlineData(8, -1, new long[] { 2 }, new long[] { 1 })]
    [InlineData(8, 9, new long[] { 0 }, new long[] { 1 })]
    [InlineData(8, 0, new long[] { 2, 2 }, new long[] { 7, 1 })]
    [InlineData(8, 4, new long[] { 2 }, new long[] { -1 })]
    [InlineData(8, 0, new long[] { -2 }, new long[] { 1 })]
    [InlineData(8, 0, new long[] { 2, 2 }, new long[] { 1 })]
    [InlineData(8, 0, new long[] { long.MaxValue }, new long[] { 0 })]
    [InlineData(8, 0, new long[] { 1L << 32, 1L << 32 }, new long[] { 0, 0 })]
    [InlineData(8, 0, new long[] { 0, 1L << 32, 1L << 32 }, new long[] { 0, 0, 0 })]
    [InlineData(8, 0, new long[] { 2 }, new long[] { long.MaxValue })]
    [InlineData(8, long.MaxValue, new long[] { 2 }, new long[] { 1 })]
    [InlineData(8, 0, new long[] { 100, 8 }, new long[] { 0, 1 })]
    public void Open_ViewOutsideItsStorage_IsRefused(int floats, long offset, long[] shape, long[] strides)
    {
        Refused(PthBytes.PackTensor(floats, offset, shape, strides));
    }

    [Fact]
    public void Open_ManyNamesForTheSameData_IsRefused()
    {
        var pickle = PickleBytes.Dictionary(root =>
        {
            for (var i = 0; i < 100; i++)
            {
                root.Text($"w{i}").Tensor("FloatStorage", "0", 50_000, 0, [50_000], [1]);
            }
        });

        Assert.Contains("at most 4 times", Refused(PthBytes.Pack(pickle, 50_000)).Message);
    }

    [Theory]
    [InlineData("0", 3)]
    [InlineData("0", 5)]
    [InlineData("0", -1)]
    [InlineData("0", long.MaxValue)]
    [InlineData("0", (1L << 62) + 1)]
    [InlineData("1", 4)]
    [InlineData("../data.pkl", 4)]
    public void Open_StorageThatDisagreesWithItsEntry_IsRefused(string key, long count)
    {
        Refused(PthBytes.Pack(PickleBytes.Dictionary(root => root.Text("w").Tensor("FloatStorage", key, count, 0, [1], [1])), 4));
    }

    [Fact]
    public void Open_ValueThatIsNoTensor_IsNamed()
    {
        var error = Refused(PthBytes.Pack(PickleBytes.Dictionary(root => root.Text("step").Number(3))));

        Assert.Equal("step", error.Tensor);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/evil")]
    [InlineData("archive/../../evil")]
    [InlineData("archive\\evil")]
    [InlineData("archive//evil")]
    [InlineData("archive/./evil")]
    public void Open_EntryNameThatTraverses_IsRefused(string name)
    {
        Assert.Contains("plain relative entry names", Refused(PthBytes.Pack(EmptyRoot, 0, (name, []))).Message);
    }

    [Fact]
    public void Open_DuplicateEntry_IsRefused()
    {
        Assert.Contains("'archive/data/0' twice", Refused(PthBytes.Pack(EmptyRoot, 0, (PthBytes.Root + "data/0", []))).Message);
    }

    [Fact]
    public void Open_TwoPickles_IsRefused()
    {
        Assert.Contains("data.pkl, found 2", Refused(PthBytes.Pack(EmptyRoot, 0, ("other/data.pkl", EmptyRoot))).Message);
    }

    [Fact]
    public void Open_CompressedEntries_IsRefused()
    {
        var container = ZipBytes.Pack(
            [(PthBytes.Root + "data.pkl", EmptyRoot), (PthBytes.Root + "data/0", new byte[1000])], CompressionLevel.Optimal);

        Assert.Contains("compressed or encrypted", Refused(container).Message);
    }

    [Fact]
    public void Open_BarePickleOfOldPyTorch_SaysSo()
    {
        byte[] legacy = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];
        var path = _folder.Write("old.pth", legacy);

        Assert.Contains("before PyTorch 1.6", Assert.Throws<CheckpointException>(() => TensorFile.Open(path)).Message);
    }

    [Theory]
    [InlineData("little", true)]
    [InlineData("big", false)]
    public void Open_ByteOrderEntry_OnlyLittleIsRead(string order, bool accepted)
    {
        var container = PthBytes.Pack(EmptyRoot, 0, (PthBytes.Root + "byteorder", System.Text.Encoding.ASCII.GetBytes(order)));

        if (accepted)
        {
            Open(container).Dispose();
        }
        else
        {
            Assert.Contains("byte order", Refused(container).Message);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Read_DataWithAnotherChecksum_IsRefused(long offset)
    {
        var container = PthBytes.PackTensor(8, offset, [4], [1]);
        var data = container.AsSpan().IndexOf(PthBytes.Floats(8));
        container[data + 9] ^= 1;

        using var file = Open(container);
        var error = Assert.Throws<CheckpointException>(() => file.Read("w"));
        Assert.Equal("w", error.Tensor);
        Assert.Contains("checksum", error.Message);
    }

    [Fact]
    public void Read_BooleanThatIsNeither_IsRefused()
    {
        using var file = Open(PthBytes.Pack(PickleBytes.Dictionary(root => root.Text("w").Tensor("BoolStorage", "0", 8, 0, [8], [1])), 2));

        Assert.Contains("0 or 1", Assert.Throws<CheckpointException>(() => file.Read("w")).Message);
    }

    [Fact]
    public void Open_CutAnywhere_IsRefused()
    {
        var container = PthBytes.PackTensor(6, 0, [2, 3], [3, 1]);

        for (var length = 0; length < container.Length; length++)
        {
            Refused(container[..length]);
        }
    }

    [Fact]
    public void Open_NoFile_IsRefused()
    {
        var error = Assert.Throws<CheckpointException>(() => TensorFile.Open(_folder.In("absent.pth")));

        Assert.Equal(EngineErrorCode.InvalidFile, error.Code);
        Assert.Equal(_folder.In("absent.pth"), error.File);
        Assert.StartsWith("absent.pth: expected a readable file, found none.", error.Message);
    }

    private static byte[] EmptyRoot => PickleBytes.Dictionary(_ => { });

    private PthFile Open(byte[] container)
    {
        return PthFile.Open(_folder.Write("adapter.pth", container));
    }

    private CheckpointException Refused(byte[] container)
    {
        return Assert.Throws<CheckpointException>(() => Open(container));
    }
}
