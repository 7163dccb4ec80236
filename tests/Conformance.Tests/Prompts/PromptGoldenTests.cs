using System.Text.Json;
using Herd.Conformance.Tests.Golden;
using Herd.Engine.Prompts;
using Xunit;

namespace Herd.Conformance.Tests.Prompts;

public sealed class PromptGoldenTests
{
    private static readonly JsonElement? Recorded = GoldenFolder.TryJson("expected/prompts.json");

    private static readonly Dictionary<string, string> OfficialTemplates = new() { ["v1"] = "chat-v1", ["bair_v1"] = "bair-v1" };

    public static TheoryData<int> AlpacaCases => Numbers("alpaca");

    public static TheoryData<int> ChatCases => Numbers("chat");

    [Theory]
    [MemberData(nameof(AlpacaCases))]
    public void Alpaca_renders_the_official_prompt(int number)
    {
        var expected = Case("alpaca", number);

        var prompt = PromptTemplate.Get("alpaca").Render(
            [new ChatMessage(ChatRole.User, expected.GetProperty("instruction").GetString()!)],
            expected.GetProperty("input").GetString());

        Assert.Equal(expected.GetProperty("prompt").GetString(), prompt);
    }

    [Theory]
    [MemberData(nameof(ChatCases))]
    public void Chat_renders_the_official_prompt_and_stops_at_its_separator(int number)
    {
        var expected = Case("chat", number);
        var official = expected.GetProperty("template").GetString()!;
        Assert.SkipUnless(OfficialTemplates.TryGetValue(official, out var name), $"Nothing checks the template '{official}'.");
        var messages = expected.GetProperty("turns").EnumerateArray()
            .Select((turn, i) => new ChatMessage(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, turn.GetString()!))
            .ToArray();

        Assert.Equal(expected.GetProperty("prompt").GetString(), PromptTemplate.Get(name!).Render(messages));
        Assert.Equal([expected.GetProperty("stop").GetString()!], PromptTemplate.Get(name!).StopStrings);
    }

    private static TheoryData<int> Numbers(string form) =>
        Cases.Of(Recorded is { } recorded && recorded.TryGetProperty(form, out var list) ? list.GetArrayLength() : 0, $"{form} prompt");

    private static JsonElement Case(string form, int number) => Recorded!.Value.GetProperty(form)[number];
}
