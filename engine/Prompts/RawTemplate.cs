namespace Herd.Engine.Prompts;

/// <summary>No form at all: the texts, each on a line of its own. One user message alone is passed on unchanged.</summary>
internal sealed class RawTemplate() : PromptTemplate("raw")
{
    private const string NewLine = "\n";

    public override IReadOnlyList<string> Markers => [];

    public override string RenderOpening(string? system, string user, string? input) =>
        (string.IsNullOrEmpty(system) ? "" : system + NewLine) + WithInput(user, input, NewLine);

    public override string RenderContinuation(string user, string? input) => NewLine + WithInput(user, input, NewLine);

    public override string JoinAnswer(string answer) => NewLine + answer;
}
