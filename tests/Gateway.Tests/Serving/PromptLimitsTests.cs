using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Gateway.Serving;
using Microsoft.Extensions.Options;
using Xunit;

namespace Herd.Gateway.Tests.Serving;

public sealed class PromptLimitsTests
{
    private readonly PromptLimits _limits = new(Options.Create(new GatewayOptions { MaxPromptBytes = 8 }));

    public static TheoryData<Prompt, bool> Prompts => new()
    {
        { new TextPrompt("12345678"), true },
        { new TextPrompt("1234567ä"), false },
        { new TokenPrompt([1, 2]), true },
        { new TokenPrompt([1, 2, 3]), false },
        { new ChatPrompt([new ChatMessage(ChatRole.User, "1234"), new ChatMessage(ChatRole.Assistant, "5678")], null), true },
        { new ChatPrompt([new ChatMessage(ChatRole.User, "1234"), new ChatMessage(ChatRole.Assistant, "5678")], "9"), false },
    };

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Check_Prompt_CountsAllItsBytes(Prompt prompt, bool fits)
    {
        var error = Record.Exception(() => _limits.Check(prompt));

        Assert.Equal(fits ? null : HerdErrorCode.ContextLengthExceeded, (error as HerdException)?.Code);
    }

    [Fact]
    public void Check_Texts_AreCountedTogetherAndTheFieldIsNamed() =>
        Assert.Equal("text", Assert.Throws<HerdException>(() => _limits.Check("text", "12345", null, "6789")).Field);
}
