namespace Herd.Silo.Conversations;

/// <summary>The queries of <see cref="ConversationRepository"/>. Every write names the epoch of the activation that makes it.</summary>
internal static class ConversationSql
{
    internal const string Add =
        """
        INSERT INTO conversations (tenant, id, model, system_text, epoch, created_at)
        VALUES (@Tenant, @Id, @Model, @System, @Epoch, @CreatedAt) ON CONFLICT DO NOTHING
        """;

    internal const string Take =
        """
        UPDATE conversations SET epoch = epoch + 1 WHERE tenant = @tenant AND id = @id
        RETURNING tenant AS Tenant, id AS Id, model AS Model, system_text AS System, epoch AS Epoch, created_at AS CreatedAt
        """;

    internal const string FailRunning =
        """
        UPDATE turns SET state = @failed, error_code = @code, error = @error, finished_at = @now
        WHERE tenant = @tenant AND conversation = @id AND state = @running
        """;

    internal const string ReadTurns =
        """
        SELECT tenant AS Tenant, conversation AS Conversation, position AS Position, turn_id AS TurnId, state AS State, text AS Text, input AS Input,
          picture_digest AS PictureDigest, picture_bytes AS PictureBytes, version_digest AS VersionDigest, sampling AS Sampling, template AS Template,
          tokenizer_digest AS TokenizerDigest, seed AS Seed, max_tokens AS MaxTokens, prompt_ids AS PromptIds, prompt_tokens AS PromptTokens,
          answer_ids AS AnswerIds, answer_tokens AS AnswerTokens, answer_text_ends AS AnswerTextEnds, answer AS Answer,
          completion_tokens AS CompletionTokens, finish_reason AS FinishReason, error_code AS ErrorCode, error AS Error,
          created_at AS CreatedAt, finished_at AS FinishedAt
        FROM turns WHERE tenant = @tenant AND conversation = @id ORDER BY position
        """;

    internal const string AddTurn =
        """
        INSERT INTO turns (tenant, conversation, position, turn_id, state, text, input, picture_digest, picture_bytes, version_digest, sampling, created_at)
        SELECT @Tenant, @Conversation, @Position, @TurnId, @State, @Text, @Input, @PictureDigest, @PictureBytes, @VersionDigest, @Sampling, @CreatedAt
        WHERE
        """ + Mine;

    internal const string FinishTurn =
        """
        UPDATE turns SET state = @State, template = @Template, tokenizer_digest = @TokenizerDigest, seed = @Seed, max_tokens = @MaxTokens,
          prompt_ids = @PromptIds, prompt_tokens = @PromptTokens, answer_ids = @AnswerIds, answer_tokens = @AnswerTokens,
          answer_text_ends = @AnswerTextEnds, answer = @Answer, completion_tokens = @CompletionTokens, finish_reason = @FinishReason,
          error_code = @ErrorCode, error = @Error, finished_at = @FinishedAt
        WHERE tenant = @Tenant AND conversation = @Conversation AND position = @Position AND
        """ + Mine;

    internal const string RemoveTurn =
        "DELETE FROM turns WHERE tenant = @Tenant AND conversation = @Conversation AND position = @Position AND" + Mine;

    internal const string Delete = "DELETE FROM conversations WHERE tenant = @Tenant AND id = @Id AND epoch = @Epoch";

    internal const string List =
        """
        SELECT c.id AS Id, c.model AS Model, c.system_text AS System, c.created_at AS CreatedAt, COUNT(t.position) AS Turns,
          COALESCE(SUM(CASE WHEN t.state IN (@completed, @cancelled) AND t.prompt_ids IS NOT NULL
            THEN LENGTH(t.prompt_ids) / 4 + t.answer_tokens END), 0) AS HistoryTokens
        FROM (SELECT * FROM conversations WHERE tenant = @tenant AND created_at < @before ORDER BY created_at DESC, id LIMIT @count) c
        LEFT JOIN turns t ON t.tenant = c.tenant AND t.conversation = c.id
        GROUP BY c.id, c.model, c.system_text, c.created_at ORDER BY c.created_at DESC, c.id
        """;

    private const string Mine = " EXISTS (SELECT 1 FROM conversations WHERE tenant = @Tenant AND id = @Conversation AND epoch = @Epoch)";
}
