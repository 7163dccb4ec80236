using Herd.Silo.Storage;
using Herd.Testing;

namespace Herd.Silo.Tests.Storage;

public sealed class FileLockTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string File => _folder.In("locks", "data.lock");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void Only_shared_holders_go_together(bool first, bool second, bool together)
    {
        using var held = FileLock.Take(File, first);

        if (together)
        {
            FileLock.Take(File, second).Dispose();
        }
        else
        {
            Assert.Contains(File, Assert.Throws<DataFolderInUseException>(() => FileLock.Take(File, second)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_lock_given_back_can_be_taken()
    {
        FileLock.Take(File, shared: false).Dispose();

        FileLock.Take(File, shared: false).Dispose();
    }
}
