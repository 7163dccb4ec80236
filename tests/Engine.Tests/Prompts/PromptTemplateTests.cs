using Herd.Engine.Prompts;
using Xunit;

namespace Herd.Engine.Tests.Prompts;

public sealed class PromptTemplateTests
{
    [Fact]
    public void Get_finds_every_template_by_its_name()
    {
        Assert.Equal(["alpaca", "chat-v1", "bair-v1", "raw"], PromptTemplate.All.Select(template => template.Name));
        Assert.All(PromptTemplate.All, template => Assert.Same(template, PromptTemplate.Get(template.Name)));
    }

    [Theory]
    [InlineData("Alpaca")]
    [InlineData("")]
    [InlineData("vicuna")]
    public void Get_an_unknown_name_lists_the_known_ones(string name)
    {
        var e = Assert.Throws<EngineException>(() => PromptTemplate.Get(name));

        Assert.Equal(EngineErrorCode.InvalidRequest, e.Code);
        Assert.Equal($"Template '{name}': expected one of alpaca, chat-v1, bair-v1, raw.", e.Message);
    }

    [Fact]
    public void Render_out_of_order_says_what_stands_where()
    {
        var e = Assert.Throws<EngineException>(() => PromptTemplate.Get("raw").Render(
            [new(ChatRole.User, "a"), new(ChatRole.System, "b"), new(ChatRole.User, "c")]));

        Assert.Contains("expected a message of the Assistant after User, found System", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_an_undefined_role_is_refused()
    {
        var e = Assert.Throws<EngineException>(() => PromptTemplate.Get("raw").Render([new((ChatRole)7, "a")]));

        Assert.Equal(EngineErrorCode.InvalidRequest, e.Code);
    }
}
