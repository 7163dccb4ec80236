using Herd.Faults.Findings;
using Herd.Protos.V1;

namespace Herd.Faults.Histories;

/// <summary>A difference between what a client knows and what is stored.</summary>
/// <param name="Kind">Which promise it breaks.</param>
/// <param name="Turn">The turn.</param>
/// <param name="Expected">What should be stored.</param>
/// <param name="Found">What is.</param>
internal sealed record Difference(FindingKind Kind, TurnRecord Turn, string Expected, string Found);

/// <summary>Compares the turns that a client knows with those that the cluster lists.</summary>
internal static class TurnComparison
{
    // Stands for bytes that are no character yet; an answer cut there may end with it.
    private const char Incomplete = '\uFFFD';

    /// <summary>Compares.</summary>
    /// <param name="known">What the client knows.</param>
    /// <param name="listed">What is stored.</param>
    /// <returns>The differences.</returns>
    public static IEnumerable<Difference> Of(ConversationRecord known, IReadOnlyList<Turn> listed)
    {
        for (var index = 0; index < known.Turns.Count; index++)
        {
            var turn = known.Turns[index];
            if (DifferenceOf(turn, index, [.. listed.Where(stored => stored.TurnId == turn.TurnId)]) is { } difference)
            {
                yield return difference;
            }
        }
    }

    private static Difference? DifferenceOf(TurnRecord turn, int index, Turn[] stored)
    {
        if (stored.Length != 1)
        {
            return stored.Length == 0 && !turn.IsAcknowledged ? null : Lost(turn, "one turn", stored.Length == 0 ? "none" : $"{stored.Length}");
        }

        var found = stored[0];
        if (found.Text != turn.Text || found.Index != index)
        {
            return Lost(turn, $"turn {index} with the question '{turn.Text}'", $"turn {found.Index} with '{found.Text}'");
        }

        return found.State switch
        {
            TurnState.Completed => Completed(turn, found),
            TurnState.Cancelled when !turn.IsFinished && (turn.IsCancelled || turn.MayHaveBeenLeft) => Cancelled(turn, found),
            TurnState.Cancelled when turn.IsFinished && turn.IsCancelled => Cancelled(turn, found),
            _ => turn.IsAcknowledged ? Lost(turn, "a complete answer", $"{found.State} {found.Error} with '{found.Answer}'") : null,
        };
    }

    private static Difference? Completed(TurnRecord turn, Turn found) =>
        found.Answer != turn.Expected.Text || found.Usage.CompletionTokens != turn.Expected.Ids.Count
            ? new Difference(
                FindingKind.TokenWrong,
                turn,
                $"{turn.Expected.Ids.Count} tokens: '{turn.Expected.Text}'",
                $"{found.Usage.CompletionTokens} tokens: '{found.Answer}'")
            : null;

    private static Difference? Cancelled(TurnRecord turn, Turn found) =>
        !turn.Expected.Text.StartsWith(found.Answer.TrimEnd(Incomplete), StringComparison.Ordinal) ? new Difference(FindingKind.TokenWrong, turn, $"a beginning of '{turn.Expected.Text}'", $"'{found.Answer}'")
        : found.Usage.CompletionTokens < turn.Seen ? Lost(turn, $"at least the {turn.Seen} tokens that were shown", $"{found.Usage.CompletionTokens}")
        : null;

    private static Difference Lost(TurnRecord turn, string expected, string found) => new(FindingKind.TurnLost, turn, expected, found);
}
