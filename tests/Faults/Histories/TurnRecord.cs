namespace Herd.Faults.Histories;

/// <summary>What a client knows of a turn.</summary>
/// <param name="TurnId">Its name.</param>
/// <param name="Text">What was asked.</param>
/// <param name="Expected">The undisturbed answer.</param>
internal sealed record TurnRecord(string TurnId, string Text, Answer Expected)
{
    /// <summary>The client was told that the turn is durable.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>The client was told that the answer is complete.</summary>
    public bool IsFinished { get; set; }

    /// <summary>The client asked to end it.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Nobody may have read it for so long that it was ended for that.</summary>
    public bool MayHaveBeenLeft { get; set; }

    /// <summary>How many tokens of it the client has seen.</summary>
    public int Seen { get; set; }

    /// <summary>What was done and seen; kept until the turn has been compared.</summary>
    public IReadOnlyList<string> History { get; set; } = [];
}

/// <summary>What a client knows of a conversation.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Id">Its id.</param>
/// <param name="Began">When it began.</param>
internal sealed record ConversationRecord(int Tenant, string Id, TimeSpan Began)
{
    /// <summary>Its turns that were asked for, in order.</summary>
    public List<TurnRecord> Turns { get; } = [];
}
