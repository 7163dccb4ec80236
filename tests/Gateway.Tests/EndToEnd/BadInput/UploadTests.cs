using System.Net.Sockets;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Uploads that stop half way, crawl, vanish, or come many at once.</summary>
[Collection(typeof(HostileClients))]
public sealed class UploadTests(HostileGateway gateway)
{
    private const int Many = 32;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static byte[] Sound => File.ReadAllBytes(Path.Combine(RepositoryFiles.Golden, "adapters", "CHAT-BIAS-SCALE-NORM.pth"));

    [Fact]
    public async Task HttpUpload_ThatStallsOrCrawls_IsGivenUpAndRemoved()
    {
        var head = RawConnection.Bytes(gateway.Head("PUT", "/v1/adapters/fresh", "Content-Length: 1000000") + "\r\n");
        using var crawling = await RawConnection.OpenAsync(gateway.Process.Http);
        await crawling.SendAsync(head);
        var answer = crawling.ReadResponseAsync();
        var crawl = CrawlAsync();
        var stalled = await RawConnection.AskAsync(gateway.Process.Http, [.. head, .. new byte[500_000]]);
        var crawled = await answer;
        await crawl;

        Assert.Equal((408, "too_slow"), (stalled.Status, stalled.Code));
        Assert.Equal((408, "too_slow"), (crawled.Status, crawled.Code));
        await gateway.ExpectUnharmedAsync();

        async Task CrawlAsync()
        {
            for (; !answer.IsCompleted; await Task.WhenAny(answer, Task.Delay(100, Cancellation)))
            {
                await crawling.SendAsync(new byte[10]);
            }
        }
    }

    [Fact]
    public async Task HttpUpload_ThatIsBrokenOff_LeavesNothing()
    {
        using (var connection = await RawConnection.OpenAsync(gateway.Process.Http))
        {
            await connection.SendAsync(RawConnection.Bytes(gateway.Head("PUT", "/v1/adapters/fresh", "Content-Length: 1000000") + "\r\n"));
            await connection.SendAsync(new byte[500_000]);
        }

        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task GrpcUpload_ThatStalls_IsGivenUpAndRemoved()
    {
        var adapters = new AdapterService.AdapterServiceClient(gateway.Tenant.Channel);
        using var silent = adapters.UploadAdapter(gateway.Tenant.Metadata, cancellationToken: Cancellation);
        using var stalled = adapters.UploadAdapter(gateway.Tenant.Metadata, cancellationToken: Cancellation);
        await BeginAsync(stalled);

        Assert.Equal((StatusCode.DeadlineExceeded, "TOO_SLOW"), await RefusalAsync(silent));
        Assert.Equal((StatusCode.DeadlineExceeded, "TOO_SLOW"), await RefusalAsync(stalled));
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task GrpcUpload_WhoseClientVanishes_IsGivenUpAndRemoved()
    {
        var wire = new VanishingWire();
        using var handler = new SocketsHttpHandler { ConnectCallback = wire.ConnectAsync };
        using var channel = GrpcChannel.ForAddress(gateway.Process.Grpc, new GrpcChannelOptions { HttpHandler = handler });
        var upload = new AdapterService.AdapterServiceClient(channel).UploadAdapter(gateway.Tenant.Metadata, cancellationToken: Cancellation);
        await BeginAsync(upload);
        await Eventually.TrueAsync(gateway.IsUploading, Cancellation);

        // No FIN, no answer to pings: as if its cable were cut.
        wire.Vanish();
        await gateway.ExpectUnharmedAsync();
        upload.Dispose();
        wire.Dispose();
    }

    [Fact]
    public async Task GrpcUpload_RefusedWhileItsClientGoesOn_EndsAtOnce()
    {
        var adapters = new AdapterService.AdapterServiceClient(gateway.Tenant.Channel);
        using var call = adapters.UploadAdapter(gateway.Tenant.Metadata, cancellationToken: Cancellation);
        await call.RequestStream.WriteAsync(new UploadAdapterRequest { Header = new UploadHeader { Name = "fresh" } }, Cancellation);
        await call.RequestStream.WriteAsync(new UploadAdapterRequest { Header = new UploadHeader { Name = "again" } }, Cancellation);

        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT"), await RefusalAsync(call));
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task Duplicates_AtOnce_AreOneVersionForEachContent()
    {
        var files = (string[])["CHAT-BIAS-SCALE-NORM.pth", "BIAS.pth"];
        var versions = await Task.WhenAll(Enumerable.Range(0, Many).Select(i => gateway.Tenant.UploadAsync("twin", files[i % files.Length])));

        var adapter = await new AdapterService.AdapterServiceClient(gateway.Tenant.Channel)
            .GetAdapterAsync(new GetAdapterRequest { Name = "twin" }, gateway.Tenant.Metadata, cancellationToken: Cancellation);
        Assert.Equal(files.Length, versions.Distinct().Count());
        Assert.Equal(versions.Distinct().Order(), adapter.Versions.Select(version => version.Digest).Order());
        Assert.Contains(adapter.Aliases["latest"], versions);

        using var deleted = await gateway.Tenant.Http.DeleteAsync(new Uri("/v1/adapters/twin", UriKind.Relative), Cancellation);
        Assert.True(deleted.IsSuccessStatusCode);
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task HostileFiles_AtOnceWithASoundOne_AreRefusedAndTheSoundOneIsServed()
    {
        var hostile = Enumerable.Range(0, Many).Select(i => RefusedAsync(Sound[..(Sound.Length * i / Many)]));
        var sound = gateway.Tenant.UploadAsync("sound", "CHAT-BIAS-SCALE-NORM.pth");
        await Task.WhenAll([.. hostile, sound]);

        using var deleted = await gateway.Tenant.Http.DeleteAsync(new Uri("/v1/adapters/sound", UriKind.Relative), Cancellation);
        Assert.True(deleted.IsSuccessStatusCode);
        await gateway.ExpectUnharmedAsync();
    }

    private async Task RefusedAsync(byte[] file)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => gateway.Tenant.UploadOverGrpcAsync(new UploadHeader { Name = "fresh" }, file));
        Assert.Equal((StatusCode.InvalidArgument, "FILE_INVALID"), (error.StatusCode, error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason));
    }

    private static async Task BeginAsync(AsyncClientStreamingCall<UploadAdapterRequest, UploadAdapterResponse> call)
    {
        await call.RequestStream.WriteAsync(new UploadAdapterRequest { Header = new UploadHeader { Name = "fresh" } }, Cancellation);
        await call.RequestStream.WriteAsync(new UploadAdapterRequest { Chunk = ByteString.CopyFrom(new byte[100_000]) }, Cancellation);
    }

    private static async Task<(StatusCode, string?)> RefusalAsync(AsyncClientStreamingCall<UploadAdapterRequest, UploadAdapterResponse> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        return (error.StatusCode, error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason);
    }

    /// <summary>A wire that can go dead without either side being told.</summary>
    private sealed class VanishingWire : IDisposable
    {
        private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
        private DeadStream? _stream;

        public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
        {
            await _socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return _stream = new DeadStream(_socket);
        }

        public void Vanish() => _stream!.IsDead = true;

        public void Dispose() => _socket.Dispose();
    }

    private sealed class DeadStream(Socket socket) : NetworkStream(socket, ownsSocket: false)
    {
        public bool IsDead { get; set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            if (IsDead)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            IsDead ? ValueTask.CompletedTask : base.WriteAsync(buffer, cancellationToken);
    }
}
