using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Herd.Engine.Checkpoints;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Checkpoints;

public sealed class SafetensorsWriterTests : IDisposable
{
    private static readonly ScalarType[] Types =
    [
        ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float64, ScalarType.Int64,
        ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    private static readonly Gen<(string Name, ScalarType Type, long[] Shape)[]> Contents = Gen
        .Select(Gen.String[Gen.Char[' ', '\u2fff'], 0, 12], Gen.Int[0, Types.Length - 1].Select(i => Types[i]), Gen.Long[0, 4].Array[0, 4])
        .Array[0, 8]
        .Select(entries => entries.DistinctBy(entry => entry.Item1).ToArray());

    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
    }

    [Fact]
    public void Write_AnyTensors_ReadBackBitForBit()
    {
        Gen.Select(Contents, Gen.Int).Sample(
            (contents, seed) =>
            {
                using var scope = NewDisposeScope();
                var random = new Random(seed);
                var tensors = contents.ToDictionary(entry => entry.Name, entry => RandomTensor(entry.Type, entry.Shape, random));
                var path = _folder.In("x.safetensors");
                SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["ключ"] = "\"value\"\n" });

                using var file = SafetensorsFile.Open(path);
                Assert.Equal("\"value\"\n", Assert.Single(file.Metadata, entry => entry.Key == "ключ").Value);
                Assert.Equal(contents.Select(entry => entry.Name).Order(), file.Tensors.Keys.Order());
                foreach (var (name, type, shape) in contents)
                {
                    using var read = file.Read(name);
                    Assert.Equal(new TensorInfo(name, type, shape), file.Tensors[name]);
                    Assert.True(tensors[name].bytes.SequenceEqual(read.bytes));
                }
            },
            iter: 300,
            threads: 1);
    }

    [Fact]
    public void Write_AnyOrder_GivesTheSameAlignedBytes()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["b"] = tensor(new byte[] { 7 }),
            ["a"] = tensor(new float[] { 1, 2 }),
            ["c"] = tensor(new long[] { -1 }),
        };
        const string Expected =
            """{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"b":{"dtype":"U8","shape":[1],"data_offsets":[16,17]},"c":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""";

        var first = Bytes(tensors);
        var second = Bytes(tensors.Reverse().ToDictionary());

        Assert.Equal(first, second);
        var headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(first);
        Assert.Equal(0, headerLength % 8);
        Assert.Equal(Expected, Encoding.UTF8.GetString(first.AsSpan(8, headerLength)).TrimEnd(' '));
        Assert.Equal([255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 128, 63, 0, 0, 0, 64, 7], first[(8 + headerLength)..]);
    }

    [Fact]
    public void Write_ViewOfAnotherTensor_StoresItsValues()
    {
        using var scope = NewDisposeScope();
        var view = arange(6, ScalarType.Float32).reshape(2, 3).t().requires_grad_(true);
        var path = _folder.In("x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["view"] = view });

        using var file = SafetensorsFile.Open(path);
        Assert.Equal([0, 3, 1, 4, 2, 5], file.Read("view").data<float>().ToArray());
    }

    [Fact]
    public void Write_TensorOfManyPieces_ReadsBackBitForBit()
    {
        using var scope = NewDisposeScope();
        var large = RandomTensor(ScalarType.Float16, [3, 1_500_001], new Random(1));
        var path = _folder.In("x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["large"] = large });

        using var file = SafetensorsFile.Open(path);
        Assert.True(large.bytes.SequenceEqual(file.Read("large").bytes));
    }

    [Fact]
    public void Write_TypeWithoutAName_IsRefused()
    {
        using var complex = zeros(1, ScalarType.ComplexFloat32);

        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, new Dictionary<string, Tensor> { ["c"] = complex }));
    }

    private static byte[] Bytes(Dictionary<string, Tensor> tensors)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, tensors, new Dictionary<string, string> { ["k"] = "v" });
        return stream.ToArray();
    }

    private static Tensor RandomTensor(ScalarType type, long[] shape, Random random)
    {
        var tensor = empty(shape, type);
        if (tensor.numel() > 0)
        {
            random.NextBytes(tensor.bytes);
        }

        if (type == ScalarType.Bool)
        {
            foreach (ref var value in tensor.bytes)
            {
                value &= 1;
            }
        }

        return tensor;
    }
}
