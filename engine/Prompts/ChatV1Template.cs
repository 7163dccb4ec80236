namespace Herd.Engine.Prompts;

/// <summary>The form of the 65B chat model: labelled turns ended by <c>###</c>, after one built-in example exchange.</summary>
internal sealed class ChatV1Template() : PromptTemplate("chat-v1", Separator)
{
    private const string Separator = "###";

    private const string BuiltInSystem =
        "A chat between a curious human and an artificial intelligence assistant. "
        + "The assistant gives helpful, detailed, and polite answers to the human's questions.";

    // The exchange is part of what the model was tuned on, so it stays when the system text is replaced.
    private const string Example =
        "Human: What are the key differences between renewable and non-renewable energy sources?###Assistant: "
        + "Renewable energy sources are those that can be replenished naturally in a relatively short amount of time, "
        + "such as solar, wind, hydro, geothermal, and biomass. Non-renewable energy sources, on the other hand, are finite "
        + "and will eventually be depleted, such as coal, oil, and natural gas. "
        + "Here are some key differences between renewable and non-renewable energy sources:\n"
        + "1. Availability: Renewable energy sources are virtually inexhaustible, "
        + "while non-renewable energy sources are finite and will eventually run out.\n"
        + "2. Environmental impact: Renewable energy sources have a much lower environmental impact than non-renewable sources, "
        + "which can lead to air and water pollution, greenhouse gas emissions, and other negative effects.\n"
        + "3. Cost: Renewable energy sources can be more expensive to initially set up, "
        + "but they typically have lower operational costs than non-renewable sources.\n"
        + "4. Reliability: Renewable energy sources are often more reliable and can be used in more remote locations than non-renewable sources.\n"
        + "5. Flexibility: Renewable energy sources are often more flexible and can be adapted to different situations and needs, "
        + "while non-renewable sources are more rigid and inflexible.\n"
        + "6. Sustainability: Renewable energy sources are more sustainable over the long term, "
        + "while non-renewable sources are not, and their depletion can lead to economic and social instability.\n";

    public override IReadOnlyList<string> Markers => ["###", "Human:", "Assistant:"];

    public override string RenderOpening(string? system, string user, string? input) =>
        (string.IsNullOrEmpty(system) ? BuiltInSystem : system) + Separator + Example + RenderContinuation(user, input);

    public override string RenderContinuation(string user, string? input) =>
        $"{Separator}Human: {WithInput(user, input)}{Separator}Assistant:";

    public override string JoinAnswer(string answer) => answer.Length == 0 ? "" : " " + answer;

    public override string CleanAnswer(string answer) => CutAndTrim(answer);
}
