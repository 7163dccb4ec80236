using Herd.Engine;
using Herd.Silo.Training;
using Herd.Testing;
using Herd.Testing.Training;

namespace Herd.Silo.Tests.Training;

public sealed class JobDataTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Unpack_SoundArchive_GivesDataAndHeldOutRows()
    {
        JobData.Unpack(_folder.Write("archive", JobArchive.Plain(heldOut: "yes")), _folder.In("data"), CancellationToken.None);

        Assert.True(File.Exists(Assert.Single(Assert.Single(JobData.SourcesOf(_folder.In("data"))).Files).Path));
        Assert.Equal(["yes", "yes", "yes", "yes"], JobData.HeldOut(_folder.In("data")).Select(row => row.Row.Answer));
    }

    [Fact]
    public void Unpack_NoArchive_IsRefusedWithoutItsNameInTheStore()
    {
        var archive = _folder.Write("0123456789abcdef", [1, 2, 3]);

        var refused = Assert.Throws<EngineException>(() => JobData.Unpack(archive, _folder.In("data"), CancellationToken.None));

        Assert.Equal(EngineErrorCode.InvalidFile, refused.Code);
        Assert.Contains("The archive", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcdef", refused.Message, StringComparison.Ordinal);
    }
}
