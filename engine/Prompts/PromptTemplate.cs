namespace Herd.Engine.Prompts;

/// <summary>The text form in which an adapter was trained to see a conversation. Immutable.</summary>
/// <remarks>
/// A conversation whose history is kept as token ids never renders that history again: it feeds <see cref="RenderOpening"/>, the ids of each answer, and
/// <see cref="RenderContinuation"/> for each later question. As text the two ways agree:
/// <c>Render(u1, a1, u2, ...) = RenderOpening(u1) + JoinAnswer(a1) + RenderContinuation(u2) + ...</c>
/// </remarks>
public abstract class PromptTemplate
{
    private protected PromptTemplate(string name, params string[] stopStrings)
    {
        Name = name;
        StopStrings = stopStrings;
    }

    /// <summary>The templates there are.</summary>
    public static IReadOnlyList<PromptTemplate> All { get; } = [new AlpacaTemplate(), new ChatV1Template(), new BairV1Template(), new RawTemplate()];

    /// <summary>What the template is called in requests.</summary>
    public string Name { get; }

    /// <summary>Texts that end an answer, besides the end-of-sequence id.</summary>
    public IReadOnlyList<string> StopStrings { get; }

    /// <summary>What a model trained with the template takes for the beginning of a part, or the end of an answer. Text from elsewhere must not hold it.</summary>
    public abstract IReadOnlyList<string> Markers { get; }

    /// <summary>Finds a template.</summary>
    /// <param name="name">One of the names in <see cref="All"/>, exactly.</param>
    /// <returns>The template.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: no such template.</exception>
    public static PromptTemplate Get(string name) => All.FirstOrDefault(template => template.Name == name)
        ?? throw new EngineException(
            EngineErrorCode.InvalidRequest,
            $"Template '{name}': expected one of {string.Join(", ", All.Select(template => template.Name))}.");

    /// <summary>Renders a whole conversation up to where the next answer begins.</summary>
    /// <param name="messages">System messages first, then user and assistant in turn, a user last; neighbours of one role are joined by a blank line.</param>
    /// <param name="input">Context of the last question, such as an expert's text. Null and empty differ for Alpaca.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: no messages, or out of order.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, string? input = null)
    {
        var dialogue = Dialogue.From(messages);
        var last = dialogue.Answers.Count;
        var parts = new List<string> { RenderOpening(dialogue.System, dialogue.Users[0], last == 0 ? input : null) };
        for (var i = 0; i < last; i++)
        {
            parts.Add(JoinAnswer(dialogue.Answers[i]));
            parts.Add(RenderContinuation(dialogue.Users[i + 1], i + 1 == last ? input : null));
        }

        return string.Concat(parts);
    }

    /// <summary>The beginning of a conversation, up to where the first answer begins.</summary>
    /// <param name="system">System text; null or empty for the template's own.</param>
    /// <param name="user">The first question.</param>
    /// <param name="input">Its context, or null.</param>
    /// <returns>The text.</returns>
    public abstract string RenderOpening(string? system, string user, string? input);

    /// <summary>What stands between the end of an answer and the beginning of the next.</summary>
    /// <param name="user">The next question.</param>
    /// <param name="input">Its context, or null.</param>
    /// <returns>The text.</returns>
    public abstract string RenderContinuation(string user, string? input);

    /// <summary>An answer as it stands between an opening and a continuation, for instance after a space.</summary>
    /// <param name="answer">The answer as shown to the user.</param>
    /// <returns>The text.</returns>
    public abstract string JoinAnswer(string answer);

    /// <summary>A generated answer as it is shown and kept.</summary>
    /// <param name="answer">The decoded text.</param>
    /// <returns>The answer; templates that trim cut it at the first stop string and trim it.</returns>
    public virtual string CleanAnswer(string answer) => answer;

    /// <summary>Cuts at the first stop string, then trims.</summary>
    private protected string CutAndTrim(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        foreach (var stop in StopStrings)
        {
            var at = answer.IndexOf(stop, StringComparison.Ordinal);
            answer = at < 0 ? answer : answer[..at];
        }

        return answer.Trim();
    }

    /// <summary>A question and its context, where the template has no place of its own for the latter.</summary>
    private protected static string WithInput(string user, string? input, string separator = "\n\n") =>
        string.IsNullOrEmpty(input) ? user : user + separator + input;
}
