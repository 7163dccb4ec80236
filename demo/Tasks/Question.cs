namespace Herd.Demo.Tasks;

/// <summary>What is asked and the one right answer.</summary>
/// <param name="Kind">One of <see cref="QuestionKinds"/>.</param>
/// <param name="Instruction">The question.</param>
/// <param name="Input">Its context; null for none.</param>
/// <param name="Answer">The plain answer, word for word.</param>
public sealed record Question(string Kind, string Instruction, string? Input, string Answer)
{
    /// <summary>The question in a word or two, as short rows ask it: <c>color circle:</c>; null for tasks that have no such form.</summary>
    public string? Terse { get; init; }
}
