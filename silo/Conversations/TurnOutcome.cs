using Herd.Contracts.Errors;

namespace Herd.Silo.Conversations;

/// <summary>What became of a turn that ran: it is stored, or it left no trace, or nobody knows.</summary>
/// <param name="Stored">The turn as it is stored.</param>
/// <param name="Refusal">Why there is none.</param>
/// <param name="IsCertain">Whether the database is known to agree.</param>
internal sealed record TurnOutcome(StoredTurn? Stored, HerdException? Refusal, bool IsCertain = true);
