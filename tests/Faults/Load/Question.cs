namespace Herd.Faults.Load;

/// <summary>Something to ask, and how many tokens the answer has.</summary>
/// <param name="Text">The question.</param>
/// <param name="Tokens">The tokens.</param>
internal sealed record Question(string Text, int Tokens);

/// <summary>All that clients ask.</summary>
internal static class Questions
{
    /// <summary>Prompts by themselves; the last one's answer is long enough to meet a fault.</summary>
    public static IReadOnlyList<Question> Prompts { get; } =
    [
        new("abc", 24), new("once upon a time", 80), new("the herd is calm", 150), new("a fence, a gate", 300), new("one two three", 500), new("all that is left of it is a very long story", 800),
    ];

    /// <summary>Conversations: questions in order.</summary>
    public static IReadOnlyList<IReadOnlyList<Question>> Scripts { get; } =
    [
        [new("Hello", 40), new("And then?", 120), new("Why?", 60)],
        [new("Where is the gate?", 200), new("Who closed it?", 30)],
        [new("Tell me a story", 400), new("Another one", 150), new("The end", 20)],
    ];
}
