namespace Herd.Silo.Conversations;

/// <summary>The queries of <see cref="ConversationRepository"/>.</summary>
internal static class ConversationSql
{
    internal const string Add =
        """
        INSERT INTO conversations (tenant, id, model, system_text, overflow, epoch, created_at)
        VALUES (@Tenant, @Id, @Model, @System, @Overflow, @Epoch, @CreatedAt) ON CONFLICT DO NOTHING
        """;

    internal const string Take =
        """
        UPDATE conversations SET epoch = epoch + 1 WHERE tenant = @tenant AND id = @id
        RETURNING tenant AS Tenant, id AS Id, model AS Model, system_text AS System, overflow AS Overflow, epoch AS Epoch, turns AS Turns,
          history_tokens AS HistoryTokens, created_at AS CreatedAt
        """;

    /// <summary>Begins every other write: it holds the row for the activation whose epoch it names, or changes none.</summary>
    internal const string Hold =
        """
        UPDATE conversations SET turns = @Turns, history_tokens = @HistoryTokens WHERE tenant = @Tenant AND id = @Id AND epoch = @Epoch
        """;

    internal const string ReadPictures =
        """
        SELECT DISTINCT picture_digest AS Digest, picture_bytes AS Bytes FROM turns
        WHERE tenant = @Tenant AND conversation = @Id AND picture_digest IS NOT NULL
        """;

    internal const string Delete = "DELETE FROM conversations WHERE tenant = @Tenant AND id = @Id";

    internal const string List =
        """
        SELECT id AS Id, model AS Model, system_text AS System, overflow AS Overflow, turns AS Turns, history_tokens AS HistoryTokens,
          created_at AS CreatedAt
        FROM conversations WHERE tenant = @tenant AND (created_at, id) < (@moment, @id) ORDER BY created_at DESC, id DESC LIMIT @count
        """;

    /// <summary>The state is written out: the index holds running turns alone.</summary>
    internal const string ListRunning =
        "SELECT tenant AS Tenant, conversation AS Conversation FROM turns WHERE state = 0 AND created_at < @before ORDER BY created_at LIMIT @count";
}
