using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Gateway.Serving;
using Microsoft.Extensions.Options;
using Xunit;

namespace Herd.Gateway.Tests.Serving;

public sealed class PromptLimitsTests
{
    private readonly PromptLimits _limits = new(Options.Create(new GatewayOptions { MaxPromptBytes = 40 }));

    public static TheoryData<Prompt, bool> Prompts => new()
    {
        { new TextPrompt(new string('1', 40)), true },
        { new TextPrompt(new string('1', 39) + "ä"), false },
        { new TokenPrompt([.. Enumerable.Range(1, 10)]), true },
        { new TokenPrompt([.. Enumerable.Range(1, 11)]), false },

        // A message counts 16 bytes beside its text.
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
        Assert.Equal("text", Assert.Throws<HerdException>(() => _limits.Check("text", new string('1', 20), null, new string('2', 21))).Field);
}
