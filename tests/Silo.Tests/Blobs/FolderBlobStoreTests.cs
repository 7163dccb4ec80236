using System.Security.Cryptography;
using CsCheck;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Testing;

namespace Herd.Silo.Tests.Blobs;

public sealed class FolderBlobStoreTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly FolderBlobStore _blobs;

    public FolderBlobStoreTests() => _blobs = new FolderBlobStore(_folder.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task What_is_put_is_read_back_under_its_digest() => Gen.Byte.Array[0, 5000].SampleAsync(async bytes =>
    {
        var blob = await _blobs.PutAsync(BlobArea.Adapters, new MemoryStream(bytes), bytes.Length, Cancellation);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), blob.Digest);
        Assert.Equal(bytes.Length, blob.Length);
        await using var stream = await _blobs.OpenAsync(blob, Cancellation);
        var read = new MemoryStream();
        await stream!.CopyToAsync(read, Cancellation);
        Assert.Equal(bytes, read.ToArray());
        Assert.Equal(bytes, await File.ReadAllBytesAsync((await _blobs.GetPathAsync(blob, Cancellation))!, Cancellation));
    }, iter: 30);

    [Fact]
    public async Task Too_many_bytes_are_refused_and_nothing_stays()
    {
        var refused = await Assert.ThrowsAsync<HerdException>(() => _blobs.PutAsync(BlobArea.Scratch, new MemoryStream(new byte[101]), 100, Cancellation));

        Assert.Equal(HerdErrorCode.InvalidFile, refused.Code);
        Assert.Empty(AllFiles());
    }

    [Fact]
    public async Task A_cancelled_upload_leaves_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        var content = new CancellingStream(cancelled);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _blobs.PutAsync(BlobArea.Scratch, content, long.MaxValue, cancelled.Token));

        Assert.Empty(AllFiles());
    }

    [Fact]
    public async Task Areas_are_apart_and_a_removed_blob_is_gone_from_its_own_only()
    {
        var picture = await _blobs.PutAsync(BlobArea.Pictures, new MemoryStream([1]), 1, Cancellation);
        var component = await _blobs.PutAsync(BlobArea.Adapters, new MemoryStream([1]), 1, Cancellation);

        await _blobs.DeleteAsync(picture, Cancellation);
        await _blobs.DeleteAsync(picture, Cancellation);

        Assert.Null(await _blobs.OpenAsync(picture, Cancellation));
        Assert.Null(await _blobs.GetPathAsync(picture, Cancellation));
        Assert.NotNull(await _blobs.GetPathAsync(component, Cancellation));
    }

    [Fact]
    public async Task A_sweep_takes_old_scratch_and_abandoned_files_and_nothing_else()
    {
        var old = await _blobs.PutAsync(BlobArea.Scratch, new MemoryStream([1]), 1, Cancellation);
        var young = await _blobs.PutAsync(BlobArea.Scratch, new MemoryStream([2]), 1, Cancellation);
        var component = await _blobs.PutAsync(BlobArea.Adapters, new MemoryStream([3]), 1, Cancellation);
        var abandoned = _folder.In("incoming", "half-written");
        await File.WriteAllBytesAsync(abandoned, [4], Cancellation);
        var moment = DateTime.UtcNow.AddHours(-1);
        foreach (var path in new[] { await _blobs.GetPathAsync(old, Cancellation), await _blobs.GetPathAsync(component, Cancellation), abandoned })
        {
            File.SetLastWriteTimeUtc(path!, moment.AddMinutes(-1));
        }

        var removed = await _blobs.SweepAsync(moment, Cancellation);

        Assert.Equal(2, removed);
        Assert.Null(await _blobs.GetPathAsync(old, Cancellation));
        Assert.NotNull(await _blobs.GetPathAsync(young, Cancellation));
        Assert.NotNull(await _blobs.GetPathAsync(component, Cancellation));
    }

    [Fact]
    public async Task Scratch_of_the_same_bytes_is_removed_by_its_own_owner_alone()
    {
        var first = await _blobs.PutAsync(BlobArea.Scratch, new MemoryStream([1]), 1, Cancellation);
        var second = await _blobs.PutAsync(BlobArea.Scratch, new MemoryStream([1]), 1, Cancellation);

        await _blobs.DeleteAsync(first, Cancellation);

        Assert.Null(await _blobs.GetPathAsync(first, Cancellation));
        Assert.NotNull(await _blobs.GetPathAsync(second, Cancellation));
    }

    private IEnumerable<string> AllFiles() => Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories);

    /// <summary>Gives one byte, then cancels its reader.</summary>
    private sealed class CancellingStream(CancellationTokenSource cancelled) : MemoryStream
    {
        private bool _given;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given)
            {
                await cancelled.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
            }

            _given = true;
            buffer.Span[0] = 1;
            return 1;
        }
    }
}
