namespace Herd.Silo.Conversations;

/// <summary>The name under which a turn is on its tenant's account. It tells the turn, so that whoever takes the turn over finds what was counted of it.</summary>
/// <remarks>Its last part is the holder: who held the turn before finds nothing of it on the account any more. <c>UsageSql.CloseDead</c> knows the form, too.</remarks>
internal static class TurnUsageId
{
    internal static string Of(StoredConversation conversation, int position, DateTimeOffset createdAt) =>
        $"{BeginningOf(conversation, position, createdAt)}{conversation.Epoch}";

    /// <summary>What is the same for all holders.</summary>
    internal static string BeginningOf(StoredConversation conversation, int position, DateTimeOffset createdAt) =>
        $"turn/{conversation.Tenant}/{conversation.Id}/{position}/{createdAt.ToUnixTimeMilliseconds()}/";
}
