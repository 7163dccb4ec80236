using Herd.Gateway.Keys;
using Xunit;

namespace Herd.Gateway.Tests.Keys;

public sealed class ApiKeyTests
{
    [Fact]
    public void Parse_Key_SplitsIdAndSecret()
    {
        var key = ApiKey.Parse("herd_k1_se_cret");

        Assert.Equal(("k1", "se_cret"), (key!.Value.Id, key.Value.Secret));
    }

    [Theory]
    [InlineData("")]
    [InlineData("herd_")]
    [InlineData("herd_id")]
    [InlineData("herd_id_")]
    [InlineData("herd__secret")]
    [InlineData("herd_a/b_secret")]
    [InlineData("herd_a:b_secret")]
    [InlineData("Herd_id_secret")]
    [InlineData("sk-proj-abc")]
    public void Parse_AnythingElse_IsNoKey(string text) => Assert.Null(ApiKey.Parse(text));

    [Fact]
    public void Parse_VeryLongText_IsNoKey() => Assert.Null(ApiKey.Parse("herd_id_" + new string('x', 300)));

    [Fact]
    public void ToString_Key_TellsNoSecret() => Assert.DoesNotContain("secret", ApiKey.Parse("herd_id_secret")!.Value.ToString(), StringComparison.Ordinal);
}
