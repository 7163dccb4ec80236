using System.IO.Compression;
using System.Runtime.InteropServices;
using Herd.Engine.Adapters;
using Herd.Engine.Adapters.Formats;
using Herd.Engine.Checkpoints;
using Herd.Engine.Tests.Checkpoints;
using Herd.Testing;
using Herd.Testing.Adapters;
using Herd.Testing.Checkpoints;
using Xunit;

namespace Herd.Engine.Tests.Adapters;

public sealed class PeftZipTests : IDisposable
{
    private const string Config = "adapter_config.json";
    private const string Weights = "adapter_model.safetensors";
    private const string PickledWeights = "adapter_model.bin";

    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData(CompressionLevel.NoCompression, "")]
    [InlineData(CompressionLevel.SmallestSize, "")]
    [InlineData(CompressionLevel.SmallestSize, "my-adapter/")]
    [InlineData(CompressionLevel.SmallestSize, "my-adapter/", "my-adapter/")]
    [InlineData(CompressionLevel.NoCompression, "my-adapter/", "my-adapter/", "my-adapter/runs/")]
    [InlineData(CompressionLevel.SmallestSize, "", "runs/")]
    public void Read_ZipOfTheFolder_IsTheSameVersion(CompressionLevel level, string within, params string[] folders)
    {
        using var folder = Read(new PeftSketch(AdapterSketch.Base).WriteFolder(_folder.In("peft")));
        using var zip = Read(new PeftSketch(AdapterSketch.Base).WriteZip(_folder.In("peft.zip"), level, within, folders));
        zip.Save(_folder.In("converted.herd"));
        using var converted = Read(_folder.In("converted.herd"));

        Assert.Equal(folder.Version, zip.Version);
        Assert.Equal(folder.Version, converted.Version);
        Assert.Equal("peft", AdapterSummary.Read(_folder.In("peft.zip")).Layout);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void Read_PickledWeights_AreTheSameVersion(CompressionLevel level)
    {
        using var folder = Read(new PeftSketch(AdapterSketch.Base).WriteFolder(_folder.In("peft")));
        Directory.CreateDirectory(_folder.In("pickled"));
        File.WriteAllBytes(_folder.In("pickled", Config), Files()[Config]);
        File.WriteAllBytes(_folder.In("pickled", PickledWeights), Pickled(new PeftSketch(AdapterSketch.Base)));

        using var pickled = Read(_folder.In("pickled"));
        using var zip = Read(Zip(level, [(Config, Files()[Config]), (PickledWeights, Pickled(new PeftSketch(AdapterSketch.Base)))]));

        Assert.Equal(folder.Version, pickled.Version);
        Assert.Equal(folder.Version, zip.Version);
    }

    [Fact]
    public void Read_PickleThatRunsSomething_IsRefusedByItsName()
    {
        var pickle = PickleBytes.Dictionary(entries => entries.Text("w").Global("posix", "system"));

        Assert.Contains("posix", Refusal((Config, Files()[Config]), (PickledWeights, PthBytes.Pack(pickle))), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FilesThatATrainerLeavesBesideIt_ArePassedOver()
    {
        using var plain = Read(new PeftSketch(AdapterSketch.Base).WriteFolder(_folder.In("peft")));
        using var checkpoint = Read(Zip(CompressionLevel.SmallestSize, [("last/optimizer.pt", [1]), ("last/trainer_state.json", [2]), .. Files().Select(file => ("last/" + file.Key, file.Value))]));

        Assert.Equal(plain.Version, checkpoint.Version);
    }

    [Theory]
    [InlineData("../adapter_config.json", "plain relative entry names")]
    [InlineData("/adapter_config.json", "plain relative entry names")]
    [InlineData("..\\adapter_config.json", "plain relative entry names")]
    [InlineData("../", "plain relative entry names")]
    [InlineData("/", "plain relative entry names")]
    [InlineData("more//", "plain relative entry names")]
    [InlineData("./", "plain relative entry names")]
    [InlineData("adapter_config.json", "every entry once")]
    [InlineData("adapter_config.json/", "every entry once")]
    [InlineData("run.py", "'run.py'")]
    [InlineData("deep/adapter_config.json", "'deep/adapter_config.json'")]
    [InlineData("adapter_model.bin", "found both")]
    public void Read_FurtherEntryThatDoesNotBelong_IsRefusedByName(string name, string named) =>
        Assert.Contains(named, Refusal([.. Files().Select(file => (file.Key, file.Value)), (name, [])]), StringComparison.Ordinal);

    [Theory]
    [InlineData("a/adapter_config.json", "b/adapter_model.safetensors")]
    [InlineData("a/adapter_config.json", "adapter_model.safetensors")]
    [InlineData("a/b/adapter_config.json", "a/b/adapter_model.safetensors")]
    public void Read_FilesInSeveralFolders_AreRefused(string config, string weights)
    {
        var message = Refusal((config, Files()[Config]), (weights, Files()[Weights]));

        Assert.Contains("at the top or all in one folder", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FolderWithContent_IsRefused()
    {
        // The framework writes none, so a file's name is changed where it stands in the container.
        var bytes = ZipBytes.Pack([("runsX", [1, 2, 3]), .. Files().Select(file => (file.Key, file.Value))]);
        for (int at; (at = bytes.AsSpan().IndexOf("runsX"u8)) >= 0;)
        {
            bytes[at + 4] = (byte)'/';
        }

        File.WriteAllBytes(_folder.In("zip"), bytes);

        Assert.Contains("folders without content", Assert.Throws<CheckpointException>(() => Read(_folder.In("zip"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MoreThanAZipShouldHold_IsRefused()
    {
        Assert.Contains("when unpacked", Refusal((Config, Files()[Config]), (Weights, new byte[50_000_000])), StringComparison.Ordinal);
        Assert.Contains("found none", Refusal((Config, Files()[Config])), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DamagedContent_IsRefusedByItsChecksum()
    {
        var bytes = ZipBytes.Pack(Files().Select(file => (file.Key, file.Value)));
        var values = bytes.AsSpan().IndexOf(Files()[Weights].AsSpan(^16..));
        bytes[values] ^= 1;
        File.WriteAllBytes(_folder.In("zip"), bytes);

        Assert.Contains("checksum", Assert.Throws<CheckpointException>(() => Read(_folder.In("zip"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Zip_LeavesNoNameInAnyFolder()
    {
        using var files = PeftFiles.Open(new PeftSketch(AdapterSketch.Base).WriteZip(_folder.In("peft.zip"), CompressionLevel.SmallestSize));

        var open = Directory.EnumerateFiles("/proc/self/fd").Select(link => new FileInfo(link).LinkTarget).OfType<string>();
        var unpacked = open.Where(target => target.StartsWith(Path.Combine(Path.GetTempPath(), "herd-"), StringComparison.Ordinal) && target.EndsWith(" (deleted)", StringComparison.Ordinal));
        Assert.NotEmpty(unpacked);
        Assert.NotEmpty(files.Tensors.Tensors);
    }

    public void Dispose() => _folder.Dispose();

    private static AdapterPackage Read(string path) => AdapterPackage.Read(path, AdapterSketch.Options);

    private Dictionary<string, byte[]> Files() =>
        Directory.EnumerateFiles(new PeftSketch(AdapterSketch.Base).WriteFolder(_folder.In("files"))).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);

    private string Zip(CompressionLevel level, IEnumerable<(string Name, byte[] Content)> entries)
    {
        File.WriteAllBytes(_folder.In("zip"), ZipBytes.Pack(entries, level));
        return _folder.In("zip");
    }

    private string Refusal(params (string Name, byte[] Content)[] entries) =>
        Assert.Throws<CheckpointException>(() => Read(Zip(CompressionLevel.SmallestSize, entries))).Message;

    /// <summary>The weights as torch.save writes them: one storage, in which the tensors follow each other.</summary>
    private static byte[] Pickled(PeftSketch sketch)
    {
        var (values, total) = (new List<byte>(), sketch.Tensors.Values.Sum(tensor => tensor.numel()));
        var pickle = PickleBytes.Dictionary(entries =>
        {
            foreach (var (name, tensor) in sketch.Tensors)
            {
                entries.Text(name).Tensor("FloatStorage", "0", total, values.Count / sizeof(float), tensor.shape, tensor.stride());
                values.AddRange(MemoryMarshal.AsBytes(tensor.data<float>().ToArray().AsSpan()).ToArray());
            }
        });
        return ZipBytes.Pack([(PthBytes.Root + "data.pkl", pickle), (PthBytes.Root + "data/0", [.. values])]);
    }
}
