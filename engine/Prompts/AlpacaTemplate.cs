namespace Herd.Engine.Prompts;

/// <summary>The instruction form that the multimodal adapters were trained with.</summary>
/// <remarks>The official form knows one instruction; later ones follow in the same shape, and a system text leads the first.</remarks>
internal sealed class AlpacaTemplate() : PromptTemplate("alpaca")
{
    private const string WithoutInput =
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.";

    private const string WithInputPart =
        "Below is an instruction that describes a task, paired with an input that provides further context. "
        + "Write a response that appropriately completes the request.";

    public override IReadOnlyList<string> Markers => ["### Instruction:", "### Input:", "### Response:"];

    public override string RenderOpening(string? system, string user, string? input) =>
        (input is null ? WithoutInput : WithInputPart)
        + RenderContinuation(string.IsNullOrEmpty(system) ? user : system + "\n\n" + user, input);

    public override string RenderContinuation(string user, string? input) =>
        $"\n\n### Instruction:\n{user}" + (input is null ? "" : $"\n\n### Input:\n{input}") + "\n\n### Response:";

    public override string JoinAnswer(string answer) => answer;
}
