using Herd.Conformance.Tests.Golden;
using Herd.Engine.Checkpoints;
using Herd.Testing;
using Herd.Testing.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Checkpoints;

/// <summary>A damaged file is refused, or the damage changes nothing that is checked: never another exception, never memory beyond the
/// file's scale.</summary>
public sealed class DamagedGoldenFileTests : IDisposable
{
    private const int Tries = 150;
    private const int MostBytesPerByte = 40;

    private readonly TestFolder _folder = new();

    public static TheoryData<string> Files => Cases.Of(GoldenFolder.TensorFiles, "file of tensors");

    public static TheoryData<string> PyTorchFiles => Cases.Of(GoldenFolder.Find("*.pth"), "PyTorch file");

    public void Dispose()
    {
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Open_FileCutShort_IsRefused(string name)
    {
        var whole = File.ReadAllBytes(GoldenFolder.PathOf(name));
        var step = Math.Max(1, whole.Length / 100);
        for (var length = whole.Length - 1; length >= 0; length -= step)
        {
            var path = _folder.Write("cut", whole.AsSpan(0, length));
            Assert.Throws<CheckpointException>(() => TensorFile.Open(path));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_ChangedBytes_AreRefusedOrReadWithinBounds(string name)
    {
        var whole = File.ReadAllBytes(GoldenFolder.PathOf(name));
        var random = new Random(name.Length);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            ReadOrRefuse(_folder.Write("changed", Change(whole, random)));
        }
    }

    /// <summary>The same for what the checksums would hide: the pickle is changed inside a container that is sound around it.</summary>
    [Theory]
    [MemberData(nameof(PyTorchFiles))]
    public void Read_ChangedPickle_IsRefusedOrReadWithinBounds(string name)
    {
        var entries = ZipBytes.Unpack(File.ReadAllBytes(GoldenFolder.PathOf(name)));
        var pickle = Array.FindIndex(entries, entry => entry.Name.EndsWith("/data.pkl", StringComparison.Ordinal));
        var sound = entries[pickle].Content;
        var random = new Random(name.Length);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            entries[pickle].Content = Change(sound, random);
            ReadOrRefuse(_folder.Write("changed", ZipBytes.Pack(entries)));
        }
    }

    [Theory]
    [MemberData(nameof(PyTorchFiles))]
    public void Read_ChangedBytesOfAPyTorchFile_NeverGiveOtherValues(string name)
    {
        using var scope = NewDisposeScope();
        var whole = File.ReadAllBytes(GoldenFolder.PathOf(name));
        using var original = PthFile.Open(GoldenFolder.PathOf(name));
        var expected = original.Tensors.Keys.ToDictionary(key => key, original.Read);
        var random = new Random(name.Length);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            foreach (var (key, tensor) in ReadOrRefuse(_folder.Write("changed", Change(whole, random))) ?? [])
            {
                Assert.True(expected[key].bytes.SequenceEqual(tensor), key);
            }
        }
    }

    /// <summary>Changes one to three bytes, half of the time near an end of the file, where the structure is.</summary>
    private static byte[] Change(byte[] whole, Random random)
    {
        const int Structure = 4096;
        var changed = (byte[])whole.Clone();
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            var near = Math.Min(Structure, whole.Length);
            var at = random.Next(4) switch
            {
                0 => random.Next(near),
                1 => whole.Length - 1 - random.Next(near),
                _ => random.Next(whole.Length),
            };
            changed[at] = (byte)random.Next(256);
        }

        return changed;
    }

    /// <summary>The bytes of every tensor, or null where the file is refused.</summary>
    private static Dictionary<string, byte[]>? ReadOrRefuse(string path)
    {
        var length = new FileInfo(path).Length;
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var file = TensorFile.Open(path);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytesPerByte * length + (1 << 20));
            Assert.InRange(file.Tensors.Values.Sum(info => info.Shape.Aggregate(1L, (count, extent) => count * extent)), 0, 4 * length);
            return file.Tensors.Keys.ToDictionary(key => key, key =>
            {
                using var tensor = file.Read(key);
                return tensor.bytes.ToArray();
            });
        }
        catch (CheckpointException)
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytesPerByte * length + (1 << 20));
            return null;
        }
    }
}
