using Herd.Contracts.Errors;

namespace Herd.Silo.Conversations;

/// <summary>What became of a turn that ran here: it is stored, or it left no trace, or it is for the next activation to say.</summary>
/// <param name="Stored">The turn as it is stored.</param>
/// <param name="Refusal">Why there is none.</param>
/// <param name="IsCertain">Whether the database is known to agree; otherwise the grain gives itself up.</param>
internal sealed record TurnOutcome(StoredTurn? Stored, HerdException? Refusal, bool IsCertain = true);
