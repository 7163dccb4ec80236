namespace Herd.Faults.Histories;

/// <summary>Holds an answer, as it comes, to the one of the undisturbed cluster: every token once, in order, and the same text.</summary>
/// <param name="expected">The undisturbed answer.</param>
internal sealed class AnswerCheck(Answer expected)
{
    /// <summary>Index of the token that comes next.</summary>
    public int Next { get; private set; }

    /// <summary>How much of the text has come, in characters.</summary>
    public int Characters { get; private set; }

    /// <summary>Whether all has come.</summary>
    public bool IsWhole => Next == expected.Ids.Count && Characters == expected.Text.Length;

    /// <summary>More of the answer.</summary>
    /// <param name="first">Index of the first token.</param>
    /// <param name="ids">The tokens.</param>
    /// <param name="text">The text with them.</param>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public string? Take(int first, IReadOnlyList<int> ids, string text)
    {
        if (first != Next && ids.Count > 0)
        {
            return first < Next ? $"token {first} came again; token {Next} was due" : $"tokens {Next} to {first - 1} are missing";
        }

        foreach (var id in ids)
        {
            if (Next == expected.Ids.Count)
            {
                return $"token {Next} ({id}) came behind the end";
            }

            if (expected.Ids[Next] != id)
            {
                return $"token {Next} is {id} and not {expected.Ids[Next]}";
            }

            Next++;
        }

        return TakeText(text);
    }

    /// <summary>More of the text alone.</summary>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public string? TakeText(string text)
    {
        if (!expected.Text.AsSpan(Characters).StartsWith(text, StringComparison.Ordinal))
        {
            return $"the text goes on with '{text}' at character {Characters}; expected was '{Excerpt(expected.Text.AsSpan(Characters), text.Length)}'";
        }

        Characters += text.Length;
        return null;
    }

    /// <summary>The answer has ended as a whole one.</summary>
    /// <param name="tokens">How many tokens it has by its own account.</param>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public string? End(int tokens) =>
        tokens != expected.Ids.Count ? $"it ended after {tokens} of {expected.Ids.Count} tokens"
        : Characters != expected.Text.Length ? $"it ended after {Characters} of {expected.Text.Length} characters"
        : null;

    private static string Excerpt(ReadOnlySpan<char> text, int length) => text[..Math.Min(text.Length, length)].ToString();
}
