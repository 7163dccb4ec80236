using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CsCheck;
using Herd.Engine.Tests.Execution;
using Herd.Engine.Training.Data.Archive;
using Herd.Testing;
using Herd.Testing.Checkpoints;
using Xunit;

namespace Herd.Engine.Tests.Training.Data.Archive;

public sealed class DataArchiveTests : IDisposable
{
    private const string Rows = """
        {"instruction":"What is it?","output":"A test.","image":"deep/a.png"}
        {"instruction":"Say one.","input":"","output":"One."}
        """;

    private readonly TestFolder _folder = new();

    private static (string Name, byte[] Content)[] Sound =>
    [
        ("data.jsonl", Encoding.UTF8.GetBytes(Rows)), ("held-out.jsonl", Encoding.UTF8.GetBytes(DataSketch.Row(3))), ("pictures/", []), ("pictures/deep/a.png", TinyModel.Pictures["rgb_96x71.png"]),
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void Unpack_GivesRowsPicturesAndWhatIsHeldOut(CompressionLevel compression)
    {
        var unpacked = Unpack(ZipBytes.Pack(Sound, compression));

        using var data = unpacked.Data.Open();
        using var heldOut = unpacked.HeldOut!.Open();
        Assert.Equal(["A test.", "One."], data.Take(2).ConvertAll(DataSketch.Learned).Order());
        Assert.Equal("It is 3.", DataSketch.Learned(heldOut.Next()));
        Assert.Equal(0, data.Report.BadRows);
        Assert.Equal(unpacked, UnpackedData.Open(_folder.In("out")));
    }

    [Fact]
    public void Unpack_OfRowsAlone_GivesThem()
    {
        var unpacked = Unpack(ZipBytes.Pack([("data.jsonl", Encoding.UTF8.GetBytes(DataSketch.Row(1)))]));

        Assert.Null(unpacked.HeldOut);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("pictures/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("pictures//evil")]
    [InlineData("pictures\\..\\evil")]
    [InlineData("C:\\evil")]
    [InlineData("evil.sh")]
    [InlineData("data.jsonl")]
    [InlineData("data.jsonl/evil")]
    [InlineData("pictures/deep/a.png/evil")]
    [InlineData("pictures/1/2/3/4/5/6/7/evil")]
    [InlineData("pictures/line\nend")]
    [InlineData("pictures")]
    public void Unpack_OfAnEntryThatDoesNotBelongThere_IsRefused(string name) =>
        Refused(ZipBytes.Pack([.. Sound, (name, "x"u8.ToArray())]));

    [Fact]
    public void Unpack_OfALink_IsRefused()
    {
        var archive = ZipBytes.Pack([("data.jsonl", Encoding.UTF8.GetBytes(Rows)), ("pictures/link", "/etc/passwd"u8.ToArray())]);
        Patch(archive, 1, 38, 0xa1ff0000);

        Assert.Contains("a link", Refused(archive));
    }

    [Fact]
    public void Unpack_OfABomb_IsRefusedBeforeAnythingIsUnpacked()
    {
        var bomb = ZipBytes.Pack([("data.jsonl", new byte[50 << 20])], CompressionLevel.SmallestSize);

        Assert.Contains("grow at most", Refused(bomb));
    }

    [Theory]
    [InlineData("archive of at most")]
    [InlineData("files")]
    [InlineData("when unpacked")]
    [InlineData("pictures of at most")]
    [InlineData("lines")]
    public void Unpack_OverALimit_IsRefusedByIt(string limit)
    {
        var limits = limit switch
        {
            "archive of at most" => new DataArchiveLimits { MaxArchiveBytes = 100 },
            "files" => new DataArchiveLimits { MaxFiles = 2 },
            "when unpacked" => new DataArchiveLimits { MaxBytes = 300 },
            "pictures of at most" => new DataArchiveLimits { MaxPictureBytes = 100 },
            _ => new DataArchiveLimits { MaxRows = 1 },
        };

        Assert.Contains(limit, Refused(ZipBytes.Pack(Sound), limits));
    }

    [Fact]
    public void Unpack_OfFilesWithinEachOther_IsRefused()
    {
        var archive = ZipBytes.Pack([("data.jsonl", Encoding.UTF8.GetBytes(Rows)), ("pictures/a.png", Encoding.UTF8.GetBytes(Rows))]);
        Patch(archive, 1, 42, 0);

        Assert.Contains("lie apart", Refused(archive));
    }

    [Theory]
    [InlineData(24, 5)] // length of the content
    [InlineData(24, 1_000)]
    [InlineData(16, 0x12345678)] // checksum
    [InlineData(20, 7)] // length in the archive
    [InlineData(10, 99)] // method
    public void Unpack_WhereTheDirectoryLies_IsRefused(int at, uint told)
    {
        foreach (var compression in new[] { CompressionLevel.NoCompression, CompressionLevel.SmallestSize })
        {
            var archive = ZipBytes.Pack([("data.jsonl", Encoding.UTF8.GetBytes(Rows))], compression);
            Patch(archive, 0, at, told);
            Refused(archive);
        }
    }

    [Fact]
    public void Unpack_OfACutOrDamagedArchive_IsRefusedOrSoundAndLeavesNothingHalf()
    {
        var sound = ZipBytes.Pack(Sound[..2], CompressionLevel.SmallestSize);
        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte, Gen.Bool).Sample(
            (at, value, cuts) =>
            {
                using var folder = new TestFolder();
                byte[] damaged = cuts ? sound[..at] : [.. sound[..at], value, .. sound[(at + 1)..]];
                var path = folder.Write("x.zip", damaged);
                var error = Record.Exception(() => DataArchive.Unpack(path, folder.In("out"), new DataArchiveLimits(), TestContext.Current.CancellationToken));
                Assert.True(error is null or EngineException, error?.ToString());
                Assert.Equal(error is null ? 2 : 1, Directory.EnumerateFileSystemEntries(folder.Path).Count());
            },
            iter: 1000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \n")]
    public void Unpack_WithoutRows_IsRefused(string rows) => Refused(ZipBytes.Pack([("data.jsonl", Encoding.UTF8.GetBytes(rows))]));

    [Fact]
    public void Unpack_WithoutData_IsRefused() => Assert.Contains("data.jsonl", Refused(ZipBytes.Pack(Sound[1..])));

    [Fact]
    public void Unpack_WhereSomethingIs_IsRefused()
    {
        Directory.CreateDirectory(_folder.In("out"));

        Assert.Throws<Herd.Engine.Checkpoints.CheckpointException>(() => Unpack(ZipBytes.Pack(Sound)));
    }

    [Fact]
    public void Unpack_ThatIsCancelled_LeavesNothing()
    {
        var path = _folder.Write("x.zip", ZipBytes.Pack(Sound));

        Assert.Throws<OperationCanceledException>(() => DataArchive.Unpack(path, _folder.In("out"), new DataArchiveLimits(), new CancellationToken(canceled: true)));

        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private UnpackedData Unpack(byte[] archive, DataArchiveLimits? limits = null) =>
        DataArchive.Unpack(_folder.Write("x.zip", archive), _folder.In("out"), limits ?? new DataArchiveLimits(), TestContext.Current.CancellationToken);

    /// <returns>The message.</returns>
    private string Refused(byte[] archive, DataArchiveLimits? limits = null)
    {
        var error = Assert.Throws<Herd.Engine.Checkpoints.CheckpointException>(() => Unpack(archive, limits));
        Assert.Equal([_folder.In("x.zip")], Directory.EnumerateFileSystemEntries(_folder.Path));
        return error.Message;
    }

    /// <summary>Changes a field of an entry of the central directory.</summary>
    private static void Patch(byte[] archive, int entry, int at, uint value)
    {
        var place = -1;
        for (var index = 0; index <= entry; index++)
        {
            place += 1 + archive.AsSpan(place + 1).IndexOf((ReadOnlySpan<byte>)[0x50, 0x4b, 0x01, 0x02]);
        }

        if (at == 10)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(archive.AsSpan(place + at), (ushort)value);
            return;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(archive.AsSpan(place + at), value);
    }
}
