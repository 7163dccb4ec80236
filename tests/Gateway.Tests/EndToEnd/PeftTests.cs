using System.IO.Compression;
using Herd.Engine.Adapters;
using Herd.Engine.Bases;
using Herd.Engine.Vision;
using Herd.Protos.V1;
using Herd.Testing;
using Herd.Testing.Adapters;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd;

/// <summary>A zip of what PEFT saves comes in on either surface, and is the adapter that its converted form is.</summary>
public sealed class PeftTests(SharedGateway gateway) : IDisposable
{
    private const int MaxTokens = 12;

    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_ZipOverHttp_AnswersAsItsConvertedForm()
    {
        var tenant = await gateway.NewTenantAsync();
        var version = await tenant.UploadFileAsync("peft", Zip());

        var converted = await tenant.UploadFileAsync("converted", await ConvertAsync(Zip()));

        Assert.Equal(converted, version);
        await AssertSameAnswersAsync(tenant);
    }

    [Fact]
    public async Task Upload_ZipOverGrpc_AnswersAsItsConvertedForm()
    {
        var tenant = await gateway.NewTenantAsync();
        var peft = await tenant.UploadOverGrpcAsync(new UploadHeader { Name = "peft" }, await File.ReadAllBytesAsync(Zip(), Cancellation));

        var converted = await tenant.UploadOverGrpcAsync(new UploadHeader { Name = "converted" }, await File.ReadAllBytesAsync(await ConvertAsync(Zip()), Cancellation));

        Assert.Equal(converted.Version, peft.Version);
        Assert.False(peft.Adapter.Versions.Single().TakesPictures);
        await AssertSameAnswersAsync(tenant);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task AssertSameAnswersAsync(TestTenant tenant)
    {
        var answer = await tenant.CompleteAsync("peft", "abc", MaxTokens);
        Assert.Equal(await tenant.CompleteAsync("converted", "abc", MaxTokens), answer);
        Assert.NotEqual(await tenant.CompleteAsync("base", "abc", MaxTokens), answer);
    }

    private static BaseFolder Base() => BaseFolder.Open(HerdPrograms.GoldenBase[1], HerdPrograms.GoldenBase[3]);

    private string Zip() => File.Exists(_folder.In("peft.zip"))
        ? _folder.In("peft.zip")
        : new PeftSketch(Base().Config).WriteZip(_folder.In("peft.zip"), CompressionLevel.Optimal, "my-lora/", "my-lora/");

    /// <summary>The same adapter in Herd's form, which names the base with its image encoder.</summary>
    private async Task<string> ConvertAsync(string zip)
    {
        var folder = Base();
        var digest = await folder.ComputeDigestAsync(cancellationToken: Cancellation);
        var options = new AdapterReadOptions
        {
            BaseConfig = folder.Config,
            BaseDigest = BaseFolder.WithImageEncoder(digest, ClipEncoder.ComputeDigest(GatewayProcess.GoldenClip[1])),
        };
        using var package = AdapterPackage.Read(zip, options);
        package.Save(_folder.In("converted.herd"));
        return _folder.In("converted.herd");
    }
}
