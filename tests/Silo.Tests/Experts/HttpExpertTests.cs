using System.Net;
using Herd.Demo.Pictures;
using Herd.Engine.Experts;
using Herd.Engine.Vision;
using Herd.Silo.Experts;

namespace Herd.Silo.Tests.Experts;

/// <summary>Experts behind addresses, asked over real connections.</summary>
public sealed class HttpExpertTests : IAsyncLifetime
{
    private static readonly byte[] Picture = SignPicture.Draw(2, "STOP");
    private RemoteExpert _remote = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _remote = await RemoteExpert.StartAsync();

    public ValueTask DisposeAsync() => _remote.DisposeAsync();

    [Fact]
    public async Task What_is_sent_is_what_the_operator_allows()
    {
        var text = await AskAsync(Options("/good", picture: false, text: true));
        await AskAsync(Options("/good", picture: true, text: false, key: "k"));

        Assert.Equal(new ExpertFinding("a quiet street", 0.9f), text);
        var (first, second) = (_remote.Asked.First(), _remote.Asked.Last());
        Assert.Equal(("far", "Where is it?"), (first.Body.GetProperty("expert").GetString(), first.Body.GetProperty("text").GetString()));
        Assert.False(first.Body.TryGetProperty("picture", out _));
        Assert.Null(first.Authorization);
        Assert.False(second.Body.TryGetProperty("text", out _));
        Assert.Equal(("image/png", "Bearer k"), (second.Body.GetProperty("picture_type").GetString(), second.Authorization));
        var sent = PictureDecoder.Decode(second.Body.GetProperty("picture").GetBytesFromBase64(), PictureLimits.Default);
        var own = PictureDecoder.Decode(Picture, PictureLimits.Default);
        Assert.Equal((own.Width, own.Height), (sent.Width, sent.Height));
    }

    [Theory]
    [InlineData("/moved", "status 307")]
    [InlineData("/nowhere", "status 404")]
    [InlineData("/other", "something else")]
    [InlineData("/sure", "something else")]
    [InlineData("/huge", "more than 1000 bytes")]
    public async Task An_answer_that_is_none_is_a_failure_with_a_reason(string path, string reason)
    {
        var failed = await Assert.ThrowsAsync<ExpertException>(() => AskAsync(Options(path)));

        Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, _remote.CountOf("/good"));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n{}", "reached")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"text\":\"cut", "reached")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", "something else")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{\"text\":\"more than was announced\",\"confidence\":1}", "something else")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\u001f\u008b\b00", "something else")]
    [InlineData("hello", "reached")]
    [InlineData("", "reached")]
    public async Task A_server_that_lies_is_a_failure_with_a_reason(string answer, string reason)
    {
        var (url, served) = RemoteExpert.Raw(answer);

        var failed = await Assert.ThrowsAsync<ExpertException>(() => AskAsync(Options("/", url: url)));

        Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
        await served;
    }

    [Fact]
    public async Task A_host_at_a_private_address_is_not_connected_to_unless_it_is_listed_as_such()
    {
        var refused = await Assert.ThrowsAsync<ExpertException>(() => AskAsync(Options("/good"), privateHosts: []));

        Assert.Contains("no public address", refused.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", refused.Detail, StringComparison.Ordinal);
        Assert.Empty(_remote.Asked);
    }

    [Fact]
    public async Task Cancelled_it_lets_go_of_the_connection()
    {
        using var stop = new CancellationTokenSource();
        var asking = AskAsync(Options("/slow"), cancellationToken: stop.Token);
        await Herd.Testing.Eventually.TrueAsync(() => _remote.CountOf("/slow") == 1, Cancellation);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.9.9.9", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    public void An_address_is_public_or_not(string address, bool isPublic) => Assert.Equal(isPublic, PublicAddresses.Contain(IPAddress.Parse(address)));

    private HttpExpertOptions Options(string path, bool picture = false, bool text = true, string? key = null, Uri? url = null) => new()
    {
        Url = url ?? _remote.At(path),
        AllowsHttp = true,
        SendsPicture = picture,
        SendsText = text,
        Key = key,
        MaxResponseBytes = 1000,
    };

    private static async Task<ExpertFinding> AskAsync(HttpExpertOptions options, string[]? privateHosts = null, CancellationToken? cancellationToken = null)
    {
        using var expert = new HttpExpert("far", options, privateHosts ?? ["localhost"]);
        return await expert.AskAsync(new ExpertQuestion(new ExpertPicture(Picture, PictureLimits.Default), "Where is it?"), cancellationToken ?? Cancellation);
    }
}
