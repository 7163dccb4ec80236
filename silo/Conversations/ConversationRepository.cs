using System.Collections.Immutable;
using System.Data.Common;
using Dapper;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Silo.Storage;

namespace Herd.Silo.Conversations;

/// <summary>The rows of conversations. Every write names the epoch of the activation that makes it.</summary>
internal sealed class ConversationRepository(Database database)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Adds a conversation.</summary>
    /// <returns>False where the id is taken.</returns>
    internal Task<bool> AddAsync(StoredConversation conversation, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
            await connection.ExecuteAsync(ConversationSql.Add, ConversationRow.From(conversation), transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <summary>Takes a conversation over: earlier holders can write no more.</summary>
    /// <returns>The conversation, and the turn that its last holder left unfinished; null where there is none.</returns>
    internal Task<(ConversationState State, StoredTurn? Unfinished)?> TakeAsync(string tenant, string id, CancellationToken cancellationToken) =>
        database.TransactAsync(
            async (connection, transaction) =>
            {
                var row = await connection.QuerySingleOrDefaultAsync<ConversationRow>(ConversationSql.Take, new { tenant, id }, transaction)
                    .ConfigureAwait(false);
                return row is null ? default((ConversationState, StoredTurn?)?) : await ReadStateAsync(row, connection, transaction).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>Writes within one transaction, as the holder of a conversation.</summary>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.Moved"/>: another activation has taken it over, or it was deleted.</exception>
    internal Task<T> HoldAsync<T>(
        ConversationState state, Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            if (await connection.ExecuteAsync(ConversationSql.Hold, ConversationRow.From(state), transaction).ConfigureAwait(false) != 1)
            {
                throw Moved(state.Conversation.Id);
            }

            return await write(connection, transaction).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Removes a conversation and its turns.</summary>
    /// <returns>The pictures that its turns named.</returns>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.Moved"/>: another activation has taken it over, or it was deleted.</exception>
    internal Task<ImmutableArray<BlobRef>> DeleteAsync(ConversationState state, CancellationToken cancellationToken) => HoldAsync(
        state,
        async (connection, transaction) =>
        {
            var names = new { state.Conversation.Tenant, state.Conversation.Id };
            var pictures = await connection.QueryAsync<(string Digest, long Bytes)>(ConversationSql.ReadPictures, names, transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(ConversationSql.Delete, names, transaction).ConfigureAwait(false);
            return pictures.Select(picture => new BlobRef(BlobArea.Pictures, picture.Digest, picture.Bytes)).ToImmutableArray();
        },
        cancellationToken);

    internal Task<ImmutableArray<ConversationDescription>> ListAsync(
        string tenant, ConversationCursor? after, int count, CancellationToken cancellationToken) => database.ReadAsync(
        async connection =>
        {
            var place = new { tenant, count, moment = after is null ? long.MaxValue : Columns.Of(after.CreatedAt), id = after?.Id ?? "" };
            var rows = await connection.QueryAsync<ConversationRow>(ConversationSql.List, place).ConfigureAwait(false);
            return rows.Select(row => row.ToDescription()).ToImmutableArray();
        },
        cancellationToken);

    /// <summary>Conversations, of any tenant, with a turn that was accepted before a moment and has not ended.</summary>
    internal Task<ImmutableArray<(string Tenant, string Id)>> ListRunningAsync(DateTimeOffset before, int count, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async connection => (await connection.QueryAsync<(string, string)>(ConversationSql.ListRunning, new { before = Columns.Of(before), count })
                .ConfigureAwait(false)).ToImmutableArray(),
            cancellationToken);

    private static async Task<(ConversationState, StoredTurn?)?> ReadStateAsync(ConversationRow row, DbConnection connection, DbTransaction transaction)
    {
        var state = new ConversationState(row.ToConversation(), row.Turns, null, TurnHistory.Empty);
        var names = new { tenant = row.Tenant, id = row.Id, from = row.Turns - 1, count = 1 };
        var found = await connection.QuerySingleOrDefaultAsync<TurnRow>(TurnSql.Page, names, transaction).ConfigureAwait(false);
        if (found?.ToTurn() is not { } last)
        {
            return (state, null);
        }

        var history = await TurnRepository.ReadHistoryAsync(state.Conversation, last.HistoryFrom, connection, transaction).ConfigureAwait(false);
        state = state with { PictureInForce = last.Picture, History = history };
        return (state, last.State == TurnState.Running ? last : null);
    }

    private static HerdException Moved(string id) =>
        new(HerdErrorCode.Moved, $"Conversation '{id}' moved to another process. Try again.") { RetryAfter = RetryAfter };
}
