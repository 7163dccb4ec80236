namespace Herd.Engine.Prompts;

/// <summary>The second form of the 65B chat model: <c>USER</c> and <c>GPT</c>, answers ended by the literal text <c>&lt;/s&gt;</c>.</summary>
internal sealed class BairV1Template() : PromptTemplate("bair-v1", AnswerEnd)
{
    private const string AnswerEnd = "</s>";
    private const string BuiltInSystem = "BEGINNING OF CONVERSATION:";

    public override IReadOnlyList<string> Markers => ["USER:", "GPT:", AnswerEnd];

    public override string RenderOpening(string? system, string user, string? input) =>
        (string.IsNullOrEmpty(system) ? BuiltInSystem : system) + " " + Turn(user, input);

    public override string RenderContinuation(string user, string? input) => AnswerEnd + Turn(user, input);

    public override string JoinAnswer(string answer) => answer.Length == 0 ? "" : " " + answer;

    public override string CleanAnswer(string answer) => CutAndTrim(answer);

    private static string Turn(string user, string? input) => $"USER: {WithInput(user, input)} GPT:";
}
