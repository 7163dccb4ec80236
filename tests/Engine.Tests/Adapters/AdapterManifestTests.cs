using System.Text.Json;
using Herd.Engine.Adapters;
using Xunit;

namespace Herd.Engine.Tests.Adapters;

public sealed class AdapterManifestTests
{
    private const string Canonical =
        """{"base":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","components":{"tuning":{"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","length":128,"parameters":8,"tensors":1}},"herd":1,"template":"chat-v1","tuning":{"biases":["query","down"],"norms":false,"order":"input","scales":[]}}""";

    [Fact]
    public void ToJson_writes_the_canonical_text()
    {
        Assert.Equal(Canonical, AdapterManifest.Parse(Canonical, "manifest.json").ToJson());
    }

    [Fact]
    public void Parse_takes_any_order_and_white_space_and_makes_the_same_version()
    {
        var fields = JsonDocument.Parse(Canonical).RootElement.EnumerateObject().Reverse();
        var json = "{\n" + string.Join(" ,\n", fields.Select(field => $"\"{field.Name}\" : {field.Value.GetRawText()}")) + "\n}";

        Assert.Equal(AdapterManifest.Parse(Canonical, "manifest.json").Version, AdapterManifest.Parse(json, "manifest.json").Version);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"herd\":1}")]
    [InlineData("{\"herd\":1,\"herd\":1}")]
    [InlineData("{\"herd\":1,\"base\":\"\\ud800\"}")]
    public void Parse_refuses_other_texts(string json)
    {
        Assert.Equal(EngineErrorCode.InvalidFile, Assert.ThrowsAny<EngineException>(() => AdapterManifest.Parse(json, "manifest.json")).Code);
    }
}
