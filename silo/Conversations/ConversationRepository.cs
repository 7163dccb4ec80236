using System.Collections.Immutable;
using Dapper;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Silo.Storage;
using Herd.Silo.Tenants;

namespace Herd.Silo.Conversations;

/// <summary>The rows of conversations and their turns.</summary>
internal sealed class ConversationRepository(Database database, TimeProvider time)
{
    private const string Interrupted = "The process that was answering ended before the answer did. Send the turn again under another id.";

    /// <summary>Adds a conversation.</summary>
    /// <returns>False where the id is taken.</returns>
    internal Task<bool> AddAsync(StoredConversation conversation, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            ConversationSql.Add,
            new
            {
                conversation.Tenant,
                conversation.Id,
                conversation.Model,
                System = Columns.OfText(conversation.System),
                conversation.Epoch,
                CreatedAt = Columns.Of(conversation.CreatedAt),
            },
            transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <summary>Takes a conversation over: earlier holders can write no more, and a turn they left unfinished has failed.</summary>
    /// <returns>The conversation and its turns in order; null where there is none.</returns>
    internal Task<ConversationState?> TakeAsync(string tenant, string id, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            var row = await connection.QuerySingleOrDefaultAsync<ConversationRow>(ConversationSql.Take, new { tenant, id }, transaction)
                .ConfigureAwait(false);
            if (row is null)
            {
                return null;
            }

            await connection.ExecuteAsync(
                ConversationSql.FailRunning,
                new
                {
                    tenant,
                    id,
                    running = (int)TurnState.Running,
                    failed = (int)TurnState.Failed,
                    code = (int)HerdErrorCode.Unavailable,
                    error = Interrupted,
                    now = Columns.Of(time.GetUtcNow()),
                },
                transaction).ConfigureAwait(false);
            var turns = await connection.QueryAsync<TurnRow>(ConversationSql.ReadTurns, new { tenant, id }, transaction).ConfigureAwait(false);
            return new ConversationState(row.ToConversation(), [.. turns.Select(turn => turn.ToTurn())]);
        },
        cancellationToken);

    /// <summary>Adds a turn that is to run.</summary>
    /// <exception cref="HerdException">Another activation has taken the conversation over, or it was deleted.</exception>
    internal Task AddTurnAsync(StoredConversation conversation, StoredTurn turn, CancellationToken cancellationToken) =>
        ChangeAsync(ConversationSql.AddTurn, TurnRow.From(conversation, turn), conversation.Id, cancellationToken, turn.Picture is null ? null : conversation.Tenant);

    /// <summary>Writes down how a turn ended.</summary>
    /// <exception cref="HerdException">Another activation has taken the conversation over, or it was deleted.</exception>
    internal Task FinishTurnAsync(StoredConversation conversation, StoredTurn turn, CancellationToken cancellationToken) =>
        ChangeTurnAsync(ConversationSql.FinishTurn, conversation, turn, cancellationToken);

    /// <summary>Forgets a turn that no replica took.</summary>
    /// <exception cref="HerdException">Another activation has taken the conversation over, or it was deleted.</exception>
    internal Task RemoveTurnAsync(StoredConversation conversation, StoredTurn turn, CancellationToken cancellationToken) =>
        ChangeTurnAsync(ConversationSql.RemoveTurn, conversation, turn, cancellationToken);

    /// <summary>Removes a conversation and its turns.</summary>
    /// <exception cref="HerdException">Another activation has taken the conversation over, or it was deleted.</exception>
    internal Task DeleteAsync(StoredConversation conversation, CancellationToken cancellationToken) =>
        ChangeAsync(ConversationSql.Delete, new { conversation.Tenant, conversation.Id, conversation.Epoch }, conversation.Id, cancellationToken);

    internal Task<ImmutableArray<ConversationDescription>> ListAsync(
        string tenant, DateTimeOffset? before, int count, CancellationToken cancellationToken) => database.ReadAsync(
        async connection =>
        {
            var rows = await connection.QueryAsync<ConversationRow>(
                ConversationSql.List,
                new
                {
                    tenant,
                    count,
                    before = before is { } moment ? Columns.Of(moment) : long.MaxValue,
                    completed = (int)TurnState.Completed,
                    cancelled = (int)TurnState.Cancelled,
                }).ConfigureAwait(false);
            return rows.Select(row => row.ToDescription()).ToImmutableArray();
        },
        cancellationToken);

    private Task ChangeTurnAsync(string sql, StoredConversation conversation, StoredTurn turn, CancellationToken cancellationToken) =>
        ChangeAsync(sql, TurnRow.From(conversation, turn), conversation.Id, cancellationToken);

    private async Task ChangeAsync(string sql, object row, string id, CancellationToken cancellationToken, string? quotaOf = null)
    {
        var changed = await database.TransactAsync(
            async (connection, transaction) =>
            {
                var rows = await connection.ExecuteAsync(sql, row, transaction).ConfigureAwait(false);
                if (quotaOf is not null)
                {
                    await StorageQuota.RequireAsync(quotaOf, connection, transaction).ConfigureAwait(false);
                }

                return rows;
            },
            cancellationToken).ConfigureAwait(false);
        if (changed != 1)
        {
            throw new HerdException(HerdErrorCode.Conflict, $"Conversation '{id}' moved to another process. Try again.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
    }

    private sealed class ConversationRow
    {
        public string Tenant { get; init; } = "";

        public required string Id { get; init; }

        public required string Model { get; init; }

        public string? System { get; init; }

        public long Epoch { get; init; }

        public long CreatedAt { get; init; }

        public int Turns { get; init; }

        public int HistoryTokens { get; init; }

        internal StoredConversation ToConversation() => new()
        {
            Tenant = Tenant,
            Id = Id,
            Model = Model,
            System = Columns.Text(System),
            Epoch = Epoch,
            CreatedAt = Columns.Moment(CreatedAt),
        };

        internal ConversationDescription ToDescription() => new()
        {
            Id = Id,
            Model = Model,
            System = Columns.Text(System),
            CreatedAt = Columns.Moment(CreatedAt),
            Turns = Turns,
            HistoryTokens = HistoryTokens,
        };
    }
}
