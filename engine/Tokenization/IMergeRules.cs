namespace Herd.Engine.Tokenization;

/// <summary>Which neighbours join, and in which order.</summary>
internal interface IMergeRules
{
    /// <summary>Finds the token that a text is by itself.</summary>
    bool TryFind(ReadOnlySpan<char> text, out int token);

    /// <summary>Asks whether two neighbours join.</summary>
    /// <param name="left">The left token; -1 for a character that is none.</param>
    /// <param name="right">The right one.</param>
    /// <param name="joined">The text of both.</param>
    /// <param name="token">What they become.</param>
    /// <param name="rank">The lowest joins first.</param>
    bool TryJoin(int left, int right, ReadOnlySpan<char> joined, out int token, out int rank);

    /// <summary>Appends the tokens of a character that is none.</summary>
    void Spell(ReadOnlySpan<char> character, List<int> ids);
}
