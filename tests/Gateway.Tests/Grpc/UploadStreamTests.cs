using Google.Protobuf;
using Grpc.Core;
using Herd.Contracts.Errors;
using Herd.Gateway.Grpc;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Gateway.Tests.Grpc;

public sealed class UploadStreamTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Feed_Chunks_AreReadAsOneStream()
    {
        var messages = new Messages(Chunk(1, 2), Chunk(), Chunk(3), Chunk(4, 5, 6));

        var bytes = await UploadStream.FeedAsync(messages, ChunkOf, ReadAllAsync, Cancellation);

        Assert.Equal([1, 2, 3, 4, 5, 6], bytes);
    }

    [Fact]
    public async Task Feed_MessageThatIsNoChunk_IsTheReadersError()
    {
        var messages = new Messages(Chunk(1), new UploadAdapterRequest { Header = new UploadHeader() });

        await Assert.ThrowsAsync<HerdException>(() => UploadStream.FeedAsync(messages, ChunkOf, ReadAllAsync, Cancellation));
    }

    [Fact]
    public async Task Feed_ReaderGivesUp_StopsAskingForMore()
    {
        var messages = new Messages([.. Enumerable.Repeat(Chunk(new byte[100_000]), 1000)]);

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            UploadStream.FeedAsync<UploadAdapterRequest, int>(messages, ChunkOf, _ => throw new InvalidOperationException("enough"), Cancellation));

        Assert.True(messages.Asked < 10, $"{messages.Asked} messages were read for a reader that had gone.");
    }

    [Fact]
    public async Task Feed_ReaderGivesUpOnAClientThatIsSilent_Ends()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            UploadStream.FeedAsync<UploadAdapterRequest, int>(new Silence(), ChunkOf, _ => throw new InvalidOperationException("enough"), Cancellation));
    }

    private static UploadAdapterRequest Chunk(params byte[] bytes) => new() { Chunk = ByteString.CopyFrom(bytes) };

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Cancellation);
        return all.ToArray();
    }

    private static ByteString? ChunkOf(UploadAdapterRequest message) => message.PartCase == UploadAdapterRequest.PartOneofCase.Chunk ? message.Chunk : null;

    private sealed class Messages(params UploadAdapterRequest[] messages) : IAsyncStreamReader<UploadAdapterRequest>
    {
        public int Asked { get; private set; }

        public UploadAdapterRequest Current => messages[Asked - 1];

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var more = Asked < messages.Length;
            Asked += more ? 1 : 0;
            return Task.FromResult(more);
        }
    }

    private sealed class Silence : IAsyncStreamReader<UploadAdapterRequest>
    {
        public UploadAdapterRequest Current => throw new InvalidOperationException("Nothing came.");

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return false;
        }
    }
}
