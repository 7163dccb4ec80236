namespace Herd.Contracts.Conversations;

/// <summary>Where a page of conversations ends, newest first.</summary>
/// <param name="CreatedAt">When its last conversation was made.</param>
/// <param name="Id">That one's id, since several may be made in one millisecond. Empty: all made at that moment are left out.</param>
[GenerateSerializer, Immutable, Alias("herd.ConversationCursor")]
public sealed record ConversationCursor([property: Id(0)] DateTimeOffset CreatedAt, [property: Id(1)] string Id);
