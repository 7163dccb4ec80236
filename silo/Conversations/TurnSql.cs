namespace Herd.Silo.Conversations;

/// <summary>The queries of <see cref="TurnRepository"/>.</summary>
internal static class TurnSql
{
    internal const string Add =
        """
        INSERT INTO turns (tenant, conversation, position, turn_id, state, text, input, picture_digest, picture_bytes, version_digest, sampling,
          experts, history_from, created_at)
        VALUES (@Tenant, @Conversation, @Position, @TurnId, @State, @Text, @Input, @PictureDigest, @PictureBytes, @VersionDigest, @Sampling,
          @Experts, @HistoryFrom, @CreatedAt)
        """;

    internal const string Save =
        """
        UPDATE turns SET state = @State, history_from = @HistoryFrom, dropped_turns = @DroppedTurns, expert_reports = @ExpertReports, template = @Template,
          tokenizer_digest = @TokenizerDigest, seed = @Seed, max_tokens = @MaxTokens, prompt_ids = @PromptIds, prompt_tokens = @PromptTokens,
          answer_ids = @AnswerIds, answer_tokens = @AnswerTokens, answer_text_ends = @AnswerTextEnds, answer = @Answer,
          completion_tokens = @CompletionTokens, finish_reason = @FinishReason, error_code = @ErrorCode, error = @Error, finished_at = @FinishedAt
        WHERE tenant = @Tenant AND conversation = @Conversation AND position = @Position
        """;

    internal const string Remove = "DELETE FROM turns WHERE tenant = @Tenant AND conversation = @Conversation AND position = @Position";

    internal const string Find = Read + " WHERE tenant = @tenant AND conversation = @id AND turn_id = @turnId";

    internal const string Page =
        Read + " WHERE tenant = @tenant AND conversation = @id AND position >= @from ORDER BY position LIMIT @count";

    /// <summary>Ids alone: the texts of earlier turns are of no use to later ones.</summary>
    internal const string History =
        """
        SELECT position AS Position, history_from AS HistoryFrom, prompt_ids AS PromptIds, answer_ids AS AnswerIds, answer_tokens AS AnswerTokens,
          tokenizer_digest AS TokenizerDigest
        FROM turns
        WHERE tenant = @tenant AND conversation = @id AND position >= @from AND state IN (@completed, @cancelled) AND tokenizer_digest IS NOT NULL
        ORDER BY position
        """;

    internal const string Question =
        "SELECT text AS Text, input AS Input, expert_reports AS ExpertReports FROM turns WHERE tenant = @tenant AND conversation = @id AND position = @position";

    internal const string FindPicture = "SELECT picture_bytes FROM turns WHERE tenant = @tenant AND picture_digest = @digest LIMIT 1";

    private const string Read =
        """
        SELECT tenant AS Tenant, conversation AS Conversation, position AS Position, turn_id AS TurnId, state AS State, text AS Text, input AS Input,
          picture_digest AS PictureDigest, picture_bytes AS PictureBytes, version_digest AS VersionDigest, sampling AS Sampling,
          experts AS Experts, expert_reports AS ExpertReports, history_from AS HistoryFrom, dropped_turns AS DroppedTurns, template AS Template, tokenizer_digest AS TokenizerDigest, seed AS Seed,
          max_tokens AS MaxTokens, prompt_ids AS PromptIds, prompt_tokens AS PromptTokens, answer_ids AS AnswerIds, answer_tokens AS AnswerTokens,
          answer_text_ends AS AnswerTextEnds, answer AS Answer, completion_tokens AS CompletionTokens, finish_reason AS FinishReason,
          error_code AS ErrorCode, error AS Error, created_at AS CreatedAt, finished_at AS FinishedAt
        FROM turns
        """;
}
