using System.IO.Pipelines;
using System.Text.Json;
using Google.Rpc;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Tenants;
using Herd.Gateway.Adapters;
using Herd.Gateway.Errors;
using Herd.Gateway.Keys;
using Herd.Gateway.Serving;
using Herd.Gateway.Uploads;
using Herd.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Xunit;

namespace Herd.Gateway.Tests.Serving;

/// <summary>Whoever meets one of the gateway's own limits is told its name.</summary>
public sealed class GatewayLimitTests : IDisposable
{
    private static readonly AdapterUpload Upload = new("acme", "cat", Alias: null, new AdapterSettings(), Experts: null);
    private static readonly IOptions<GatewayOptions> Small = Options.Create(
        new GatewayOptions { MaxRequestsPerTenant = 1, MaxUploadsPerTenant = 1, MaxUploadBytes = 10, MaxPictureBytes = 10, MaxPromptBytes = 10 });

    private readonly TestFolder _folder = new();
    private readonly FolderBlobStore _blobs;
    private readonly UploadIntake _uploads;
    private readonly AdapterPublisher _publisher;

    public GatewayLimitTests()
    {
        _blobs = new FolderBlobStore(_folder.Path);
        _uploads = new UploadIntake(_blobs, Small, TimeProvider.System);
        _publisher = new AdapterPublisher(grains: null!, _blobs, _uploads, changes: null!, Small); // refused before any grain is asked
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Uploads_TooManyAtOnce_AreRefusedByName()
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var first = _publisher.PublishAsync(Upload, new Pipe().Reader.AsStream(), length: null, enough.Token);

        await ExpectNamedAsync(LimitNames.ConcurrentUploads, () => PublishAsync(bytes: 1, length: 1));

        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Theory]
    [InlineData(11L)]
    [InlineData(null)]
    public async Task Upload_TooLarge_IsRefusedByNameWhetherItsLengthIsToldOrNot(long? told) =>
        await ExpectNamedAsync(LimitNames.UploadBytes, () => PublishAsync(bytes: 11, told));

    [Fact]
    public async Task Picture_TooLarge_IsRefusedByName() =>
        await ExpectNamedAsync(LimitNames.PictureBytes, () => new Pictures(_blobs, Small).StoreAsync(new byte[11], Cancellation));

    [Fact]
    public async Task Prompt_TooLarge_IsRefusedByNameOverGrpcAndByItsFieldOverHttp()
    {
        var error = Assert.Throws<HerdException>(() => new PromptLimits(Small).Check(new TextPrompt(new string('x', 11))));

        Assert.Equal(("prompt", LimitNames.PromptBytes), await NamesAsync(http => ErrorWriter.WriteAsync(http, error)));
    }

    [Fact]
    public async Task Requests_TooManyAtOnce_AreRefusedByName()
    {
        var options = new RateLimiterOptions();
        new RequestLimit(Small).Configure(options);
        var request = new DefaultHttpContext { User = Caller.Tenant("acme", "key") };
        using var first = options.GlobalLimiter!.AttemptAcquire(request);
        using var second = options.GlobalLimiter.AttemptAcquire(request);

        Assert.Equal((true, false), (first.IsAcquired, second.IsAcquired));
        var names = await NamesAsync(http => options.OnRejected!(new OnRejectedContext { HttpContext = http, Lease = second }, Cancellation).AsTask());
        Assert.Equal((LimitNames.ConcurrentRequests, LimitNames.ConcurrentRequests), names);
    }

    public void Dispose()
    {
        _uploads.Dispose();
        _folder.Dispose();
    }

    private async Task PublishAsync(int bytes, long? length)
    {
        using var content = new MemoryStream(new byte[bytes]);
        await _publisher.PublishAsync(Upload, content, length, Cancellation);
    }

    private static async Task ExpectNamedAsync(string limit, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<HerdException>(call);
        Assert.Equal((limit, limit), await NamesAsync(http => ErrorWriter.WriteAsync(http, error)));
    }

    /// <summary>What a refusal names, on each surface.</summary>
    private static async Task<(string? Http, string? Grpc)> NamesAsync(Func<HttpContext, Task> write)
    {
        using var body = new MemoryStream();
        await write(new DefaultHttpContext { Response = { Body = body } });
        var grpc = new DefaultHttpContext { Request = { Protocol = HttpProtocol.Http2, ContentType = "application/grpc" } };
        await write(grpc);

        var details = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(grpc.Response.Headers[GrpcErrors.DetailsHeader].ToString()));
        return (
            JsonDocument.Parse(body.ToArray()).RootElement.GetProperty("error").GetProperty("param").GetString(),
            details.GetDetail<ErrorInfo>().Metadata["limit"]);
    }
}
