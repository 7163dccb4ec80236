using System.Text;
using Google.Rpc;
using Herd.Contracts.Errors;
using Herd.Gateway.Errors;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Herd.Gateway.Tests.Errors;

public sealed class ErrorWriterTests
{
    [Fact]
    public async Task Write_Http_IsOpenAisFormWithStatusAndRetryTime()
    {
        var http = Request("application/json");

        await ErrorWriter.WriteAsync(http, new HerdException(HerdErrorCode.Overloaded, "Full.") { RetryAfter = TimeSpan.FromMilliseconds(1200) });

        Assert.Equal((429, "2"), (http.Response.StatusCode, http.Response.Headers.RetryAfter.ToString()));
        Assert.Equal("""{"error":{"message":"Full.","type":"rate_limit_error","param":null,"code":"overloaded"}}""", BodyOf(http));
    }

    [Fact]
    public async Task Write_UnknownKey_AsksForOne()
    {
        var http = Request(null);

        await ErrorWriter.WriteAsync(http, new HerdException(HerdErrorCode.Unauthenticated, "Who?"));

        Assert.Equal((401, "Bearer"), (http.Response.StatusCode, http.Response.Headers.WWWAuthenticate.ToString()));
    }

    [Fact]
    public async Task Write_Grpc_IsAResponseOfHeadersAlone()
    {
        var http = Request("application/grpc+proto");
        http.Request.Protocol = HttpProtocol.Http2;

        await ErrorWriter.WriteAsync(http, new HerdException(HerdErrorCode.Unauthenticated, "Wer? Größe\n"));

        Assert.Equal(200, http.Response.StatusCode);
        Assert.Equal("application/grpc", http.Response.ContentType);
        Assert.Equal("16", http.Response.Headers["grpc-status"].ToString());
        Assert.Equal("Wer?%20Gr%C3%B6%C3%9Fe%0A", http.Response.Headers["grpc-message"].ToString().Replace("%3F", "?", StringComparison.Ordinal));
        var details = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(http.Response.Headers["grpc-status-details-bin"].ToString()));
        Assert.Equal("KEY_INVALID", details.GetDetail<ErrorInfo>().Reason);
        Assert.Empty(BodyOf(http));
    }

    private static DefaultHttpContext Request(string? contentType) => new()
    {
        Request = { ContentType = contentType },
        Response = { Body = new MemoryStream() },
    };

    private static string BodyOf(HttpContext http) => Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray());
}
