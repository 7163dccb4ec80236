using Herd.Silo.Keys;
using Microsoft.AspNetCore.Http;

namespace Herd.Silo.Tests.Keys;

public sealed class KeyHeaderTests
{
    [Theory]
    [InlineData("Bearer herd_a_b", null, "herd_a_b")]
    [InlineData("bearer  herd_a_b ", null, "herd_a_b")]
    [InlineData(null, "herd_a_b", "herd_a_b")]
    [InlineData("Basic xyz", "herd_a_b", "herd_a_b")]
    [InlineData("Bearer ", null, null)]
    [InlineData("Basic xyz", null, null)]
    [InlineData(null, null, null)]
    public void Read_Headers_FindsTheKey(string? authorization, string? apiKey, string? expected)
    {
        var headers = new HeaderDictionary { ["Authorization"] = authorization, ["x-api-key"] = apiKey };

        Assert.Equal(expected, KeyHeader.Read(headers));
    }
}
