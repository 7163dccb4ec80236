using System.Text.Json;
using Herd.Engine.Prompts;
using Herd.Testing;
using Xunit;

namespace Herd.Conformance.Tests.Prompts;

public sealed class PromptGoldenTests
{
    private static readonly JsonElement Cases =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RepositoryFiles.Golden, "expected", "prompts.json"))).RootElement;

    public static TheoryData<int> AlpacaCases => [.. Enumerable.Range(0, Cases.GetProperty("alpaca").GetArrayLength())];

    public static TheoryData<int> ChatCases => [.. Enumerable.Range(0, Cases.GetProperty("chat").GetArrayLength())];

    [Theory]
    [MemberData(nameof(AlpacaCases))]
    public void Alpaca_renders_the_official_prompt(int number)
    {
        var expected = Cases.GetProperty("alpaca")[number];

        var prompt = PromptTemplate.Get("alpaca").Render(
            [new ChatMessage(ChatRole.User, expected.GetProperty("instruction").GetString()!)],
            expected.GetProperty("input").GetString());

        Assert.Equal(expected.GetProperty("prompt").GetString(), prompt);
    }

    [Theory]
    [MemberData(nameof(ChatCases))]
    public void Chat_renders_the_official_prompt_and_stops_at_its_separator(int number)
    {
        var expected = Cases.GetProperty("chat")[number];
        var name = expected.GetProperty("template").GetString() == "v1" ? "chat-v1" : "bair-v1";
        var messages = expected.GetProperty("turns").EnumerateArray()
            .Select((turn, i) => new ChatMessage(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, turn.GetString()!))
            .ToArray();

        Assert.Equal(expected.GetProperty("prompt").GetString(), PromptTemplate.Get(name).Render(messages));
        Assert.Equal([expected.GetProperty("stop").GetString()!], PromptTemplate.Get(name).StopStrings);
    }
}
