using System.Security.Cryptography;
using Herd.Engine.Bases;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Bases;

public sealed class FileDigestCacheTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly string _file;

    public FileDigestCacheTests()
    {
        _file = _folder.In("weights");
        File.WriteAllText(_file, "first");
    }

    [Fact]
    public async Task OfAsync_SameLengthAndTime_TakesWhatIsRemembered()
    {
        var cache = new FileDigestCache(_folder.In("deep", "digests.json"));
        var first = await DigestAsync(cache);
        var time = File.GetLastWriteTimeUtc(_file);
        File.WriteAllText(_file, "other");
        File.SetLastWriteTimeUtc(_file, time);

        Assert.Equal(first, await DigestAsync(new FileDigestCache(_folder.In("deep", "digests.json"))));
        Assert.NotEqual(first, await DigestAsync(null));
    }

    [Theory]
    [InlineData("other", 0)]
    [InlineData("longer than before", 0)]
    [InlineData("first", 1)]
    public async Task OfAsync_ChangedFile_ReadsItAgain(string text, int seconds)
    {
        var cache = new FileDigestCache(_folder.In("digests.json"));
        await DigestAsync(cache);
        File.WriteAllText(_file, text);
        File.SetLastWriteTimeUtc(_file, DateTime.UtcNow.AddSeconds(seconds + 1));

        Assert.Equal(SHA256.HashData(File.ReadAllBytes(_file)), await DigestAsync(cache));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("""[{"Path":"x"}]""")]
    [InlineData("""[{"Path":null,"Length":5,"Changed":1,"Sha256":"AA=="}]""")]
    public async Task OfAsync_DamagedCache_IsAsIfThereWereNone(string content)
    {
        File.WriteAllText(_folder.In("digests.json"), content);
        var cache = new FileDigestCache(_folder.In("digests.json"));

        Assert.Equal(SHA256.HashData("first"u8), await DigestAsync(cache));
        Assert.Equal(SHA256.HashData("first"u8), await DigestAsync(cache));
    }

    public void Dispose() => _folder.Dispose();

    private Task<byte[]> DigestAsync(FileDigestCache? cache) => FileDigest.OfAsync(_file, cache, TestContext.Current.CancellationToken);
}
