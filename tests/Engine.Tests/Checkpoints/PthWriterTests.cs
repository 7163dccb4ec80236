using System.IO.Compression;
using System.Text;
using CsCheck;
using Herd.Engine.Checkpoints;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Checkpoints;

public sealed class PthWriterTests : IDisposable
{
    private const int Alignment = 64;

    private static readonly ScalarType[] Types =
    [
        ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float64, ScalarType.Int64,
        ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_AnyTensors_ReadBackBitForBit()
    {
        Gen.Select(Gen.String[Gen.Char['!', '\u2fff'], 1, 12], Gen.Int[0, Types.Length - 1], Gen.Long[0, 4].Array[0, 5]).Array[0, 12].Sample(
            entries =>
            {
                using var scope = NewDisposeScope();
                var tensors = entries.DistinctBy(entry => entry.Item1).ToDictionary(entry => entry.Item1, entry => (rand(entry.Item3) * 100).to(Types[entry.Item2]));
                using var file = Written(tensors.ToDictionary(pair => pair.Key, pair => (object?)pair.Value));

                Assert.Equal(tensors.Keys.Order(), file.Tensors.Keys.Order());
                foreach (var (name, tensor) in tensors)
                {
                    var read = file.Read(name);
                    Assert.Equal((tensor.dtype, string.Join(' ', tensor.shape)), (read.dtype, string.Join(' ', read.shape)));
                    Assert.True(tensor.bytes.SequenceEqual(read.bytes));
                }
            },
            iter: 50,
            threads: 1);
    }

    [Fact]
    public void Write_ModelAndConfig_ReadsBackWithEachValue()
    {
        using var tensor = ones(2, 3);
        using var turned = tensor.t();
        using var file = Written(new Dictionary<string, object?>
        {
            ["model"] = new Dictionary<string, object?> { ["turned"] = turned },
            ["config"] = new Dictionary<string, object?>
            {
                ["yes"] = true, ["no"] = false, ["none"] = null, ["text"] = "zwei\nдва", ["half"] = 0.5, ["many"] = 3_000_000_000L,
                ["few"] = 7, ["less"] = -7, ["more"] = 70_000, ["some"] = 300,
            },
        });

        var config = (IReadOnlyDictionary<string, object?>)file.Root["config"]!;
        Assert.Equal([3, 2], file.Tensors["turned"].Shape);
        Assert.Equal([true, false, null, "zwei\nдва", 0.5, 3_000_000_000L, 7L, -7L, 70_000L, 300L], config.Values);
    }

    [Fact]
    public void Write_LaysEntriesOutAsTorchSaveDoes()
    {
        using var first = ones(3);
        using var second = ones(100);
        using (Written(new Dictionary<string, object?> { ["a"] = first, ["b"] = second }))
        {
        }

        using (var file = FileBytes.Open(_folder.In("x.pth")))
        {
            Assert.All(ZipDirectory.Read(file).Values, entry => Assert.True(entry.IsPlain && entry.Offset % Alignment == 0, entry.Name));
        }

        using var zip = ZipFile.OpenRead(_folder.In("x.pth"));
        Assert.Equal(["archive/data.pkl", "archive/byteorder", "archive/data/0", "archive/data/1", "archive/version"], zip.Entries.Select(entry => entry.FullName));
        using var version = new StreamReader(zip.GetEntry("archive/version")!.Open(), Encoding.ASCII);
        Assert.Equal("3\n", version.ReadToEnd());
    }

    [Fact]
    public void Write_Twice_GivesTheSameBytes()
    {
        using var tensor = ones(3);
        var root = new Dictionary<string, object?> { ["a"] = tensor };
        PthWriter.Write(_folder.In("one"), root);
        PthWriter.Write(_folder.In("two"), root);

        Assert.Equal(File.ReadAllBytes(_folder.In("one")), File.ReadAllBytes(_folder.In("two")));
    }

    [Fact]
    public void Write_OfWhatHasNoPlace_FailsAndLeavesNoFile()
    {
        using var complex = zeros(2, dtype: ScalarType.ComplexFloat32);

        Assert.Throws<ArgumentException>(() => PthWriter.Write(_folder.In("x"), new Dictionary<string, object?> { ["a"] = complex }));
        Assert.Throws<ArgumentException>(() => PthWriter.Write(_folder.In("x"), new Dictionary<string, object?> { ["a"] = new Version(1, 2) }));
        Assert.False(File.Exists(_folder.In("x")));
    }

    private PthFile Written(Dictionary<string, object?> root)
    {
        PthWriter.Write(_folder.In("x.pth"), root);
        return PthFile.Open(_folder.In("x.pth"));
    }
}
