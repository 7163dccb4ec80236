using System.Buffers.Binary;
using System.Text;
using Herd.Engine.Checkpoints;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Checkpoints;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
    }

    [Fact]
    public void Read_SoundFile_GivesTensorsAndMetadata()
    {
        const string Header = """{"__metadata__":{"by":"hand"},"b":{"dtype":"I16","shape":[],"data_offsets":[4,6]},"a":{"shape":[2,2],"data_offsets":[0,4],"dtype":"U8"}}   """;
        using var file = Open(Header, [1, 2, 3, 4, 0xff, 0xff]);
        using var a = file.Read("a");
        using var b = file.Read("b");

        Assert.Equal("hand", file.Metadata["by"]);
        Assert.Equal([new TensorInfo("a", ScalarType.Byte, [2, 2]), new TensorInfo("b", ScalarType.Int16, [])], file.Tensors.Values.OrderBy(info => info.Name));
        Assert.Equal([1, 2, 3, 4], a.data<byte>().ToArray());
        Assert.Equal(-1, b.item<short>());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,4]}}""", "as many bytes as U8 [3] takes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}""", "as many bytes as F32 [4] takes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}""", "data_offsets 4 to 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", "8 bytes of data")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", "2 bytes of data")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}""", "begins at 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "begins at 3")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "begins at 4")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}""", "every tensor once")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}""", "every tensor once")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "each once, found 'dtype'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":1}}""", "found 'x'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4]}}""", "an incomplete entry")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", "a known element type, found 'F8_E4M3'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}""", "at most 2")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4],"data_offsets":[0,4]}}""", "at most 16")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]}}""", "as many bytes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}""", "as many bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""", "as many bytes")]
    [InlineData("""{"a":{"dtype":"U8","shape":[[4]],"data_offsets":[0,4]}}""", "JSON")]
    [InlineData("""{"a":[]}""", "StartObject")]
    [InlineData("""{"__metadata__":{"k":1}}""", "String")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", "every metadata key once")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", "'__metadata__'")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "JSON")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}} {}""", "JSON")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}""", "JSON")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},}""", "JSON")]
    [InlineData(""" {}""", "JSON object")]
    [InlineData("""[]""", "JSON object")]
    [InlineData("", "JSON object")]
    public void Open_UnsoundHeader_IsRefused(string header, string expected)
    {
        var error = Assert.Throws<CheckpointException>(() => Open(header, [1, 2, 3, 4]));

        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Open_HeaderNotInUtf8_IsRefused()
    {
        byte[] header = [(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)'}'];

        Assert.Contains("UTF-8", Assert.Throws<CheckpointException>(() => Open(header, [])).Message);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001UL)]
    [InlineData(100_000_000UL)]
    [InlineData(3UL)]
    public void Open_HeaderLongerThanTheFile_IsRefusedWithoutAllocatingIt(ulong length)
    {
        var bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        var path = _folder.Write("x.safetensors", bytes);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains($"a header length of {length}", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Open_CutAnywhere_IsRefused()
    {
        using var tensor = arange(24, ScalarType.Float32).reshape(2, 3, 4);
        var path = _folder.In("whole.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = tensor, ["b"] = tensor });
        var whole = File.ReadAllBytes(path);

        for (var length = 0; length < whole.Length; length++)
        {
            var cut = _folder.Write("cut.safetensors", whole.AsSpan(0, length));
            Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(cut));
        }
    }

    [Fact]
    public void Read_FileCutAfterOpening_IsRefused()
    {
        using var file = Open("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", [1, 2, 3, 4]);
        using (var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(stream.Length - 1);
        }

        Assert.Throws<CheckpointException>(() => file.Read("a"));
    }

    [Fact]
    public void Read_UnknownName_NamesTheNearest()
    {
        using var file = Open("""{"layers.0.gate":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", [1, 2, 3, 4]);

        var error = Assert.Throws<CheckpointException>(() => file.Read("layers.0.gait"));
        Assert.Equal("layers.0.gait", error.Tensor);
        Assert.Contains("'layers.0.gate'", error.Message);
    }

    [Fact]
    public void Read_BooleanThatIsNeither_IsRefused()
    {
        using var file = Open("""{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}""", [1, 2]);

        Assert.Contains("0 or 1", Assert.Throws<CheckpointException>(() => file.Read("a")).Message);
    }

    private SafetensorsFile Open(string header, byte[] data)
    {
        return Open(Encoding.UTF8.GetBytes(header), data);
    }

    private SafetensorsFile Open(byte[] header, byte[] data)
    {
        var length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return SafetensorsFile.Open(_folder.Write("x.safetensors", [.. length, .. header, .. data]));
    }
}
