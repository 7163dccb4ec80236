namespace Herd.Engine.Prompts;

/// <summary>Messages put in order: one system text at most, then users and answers in turn, a user last.</summary>
/// <param name="System">The system text, null where there is none or it is empty.</param>
/// <param name="Users">What was asked, oldest first; at least one.</param>
/// <param name="Answers">What was answered; one fewer than <paramref name="Users"/>.</param>
internal sealed record Dialogue(string? System, IReadOnlyList<string> Users, IReadOnlyList<string> Answers)
{
    private const string BlankLine = "\n\n";

    /// <summary>Joins neighbours of one role by a blank line and checks the order of what results.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: empty, out of order, or not ending with a user.</exception>
    internal static Dialogue From(IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var runs = JoinNeighbours(messages);
        var system = runs.Count > 0 && runs[0].Role == ChatRole.System ? runs[0].Text : null;
        var turns = runs.Skip(system is null ? 0 : 1).ToArray();
        for (var i = 0; i < turns.Length; i++)
        {
            var expected = i % 2 == 0 ? ChatRole.User : ChatRole.Assistant;
            if (turns[i].Role != expected)
            {
                throw Refuse($"expected a message of the {expected} after {(i == 0 ? "the beginning" : turns[i - 1].Role)}, found {turns[i].Role}");
            }
        }

        if (turns.Length % 2 == 0)
        {
            throw Refuse(messages.Count == 0 ? "found no message" : $"found a message of the {messages[^1].Role} at the end");
        }

        return new Dialogue(
            string.IsNullOrEmpty(system) ? null : system,
            [.. turns.Where(turn => turn.Role == ChatRole.User).Select(turn => turn.Text)],
            [.. turns.Where(turn => turn.Role == ChatRole.Assistant).Select(turn => turn.Text)]);
    }

    private static List<ChatMessage> JoinNeighbours(IReadOnlyList<ChatMessage> messages)
    {
        var runs = new List<ChatMessage>(messages.Count);
        foreach (var message in messages)
        {
            if (runs.Count > 0 && runs[^1].Role == message.Role)
            {
                runs[^1] = message with { Text = runs[^1].Text + BlankLine + message.Text };
            }
            else
            {
                runs.Add(message);
            }
        }

        return runs;
    }

    private static EngineException Refuse(string found) => new(
        EngineErrorCode.InvalidRequest,
        $"messages: {found}. Send system messages first, then user and assistant in turn, and a user message last.") { Field = "messages" };
}
