using System.Buffers.Text;
using System.Text;
using Herd.Contracts.Errors;
using Herd.Gateway.Serving;
using Xunit;

namespace Herd.Gateway.Tests.Serving;

public sealed class PageTokenTests
{
    private static readonly DateTimeOffset Moment = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123);

    [Fact]
    public void Read_OfWhatWasWritten_GivesThePlaceBack()
    {
        var read = PageToken.Read(new PageToken(Moment, "acme", "").Write("list"), "list", names: 2);

        Assert.Equal((Moment, "acme", ""), (read!.Moment, read.Names[0], read.Names[1]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Read_OfNone_IsNone(string? text) => Assert.Null(PageToken.Read(text, "list", names: 1));

    [Fact]
    public void Read_WithAMoment_TakesOneOfTheTwo()
    {
        var token = new PageToken(Moment, "acme").Write("list");

        Assert.Null(PageToken.Read(null, before: null, "list"));
        Assert.Equal("acme", PageToken.Read(token, before: null, "list")!.Names[0]);
        Assert.Equal((Moment, ""), PageToken.Read("", Moment, "list") is { } read ? (read.Moment, read.Names[0]) : default);
        Assert.Equal("page_token", Assert.Throws<HerdException>(() => PageToken.Read(token, Moment, "list")).Field);
    }

    [Theory]
    [InlineData("other\n5\na")]
    [InlineData("list\n5")]
    [InlineData("list\n5\na\nb")]
    [InlineData("list\nfive\na")]
    [InlineData("list\n9223372036854775807\na")]
    [InlineData("list\n5\na\0")]
    public void Read_OfAnothersToken_IsRefusedByName(string content) => AssertRefused(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(content)));

    [Fact]
    public void Read_OfAnythingElse_IsRefusedByName()
    {
        AssertRefused("not a token");
        AssertRefused(new string('A', 100_000));
    }

    private static void AssertRefused(string text)
    {
        var refused = Assert.Throws<HerdException>(() => PageToken.Read(text, "list", names: 1));
        Assert.Equal((HerdErrorCode.InvalidArgument, "page_token"), (refused.Code, refused.Field));
    }
}
