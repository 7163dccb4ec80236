using Herd.Contracts.Tenants;

namespace Herd.Silo.Tests.Tenants;

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
    public void Read_Headers_FindsTheKey(string? authorization, string? apiKey, string? expected) =>
        Assert.Equal(expected, KeyHeader.Read(authorization, apiKey));

    [Theory]
    [InlineData("Basic b3BlcmF0b3I6aGVyZF9hX2I=", "herd_a_b")]
    [InlineData("Basic b3BlcmF0b3I6", null)]
    [InlineData("Basic !", null)]
    [InlineData("Bearer herd_a_b", null)]
    [InlineData(null, null)]
    public void ReadBasic_Header_FindsThePassword(string? authorization, string? expected) =>
        Assert.Equal(expected, KeyHeader.ReadBasic(authorization));
}
