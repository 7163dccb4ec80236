using System.Collections.Immutable;
using System.Data.Common;
using Dapper;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Models;
using Herd.Silo.Experts;
using Herd.Silo.Storage;
using Herd.Silo.Tenants;

namespace Herd.Silo.Conversations;

/// <summary>The rows of turns.</summary>
/// <remarks>All writes throw <see cref="HerdErrorCode.Moved"/> where another activation holds the conversation, and change nothing then.</remarks>
internal sealed class TurnRepository(Database database, ConversationRepository conversations)
{
    /// <summary>Adds a turn that is to run.</summary>
    /// <param name="state">The conversation with it.</param>
    /// <param name="turn">The turn.</param>
    /// <param name="bringsPicture">Whether its picture is its own: one that is in force already takes no more room.</param>
    /// <param name="cancellationToken">Stops the call; whether the turn was added is not known then.</param>
    internal Task AddAsync(ConversationState state, StoredTurn turn, bool bringsPicture, CancellationToken cancellationToken) =>
        conversations.HoldAsync(
            state,
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(TurnSql.Add, TurnRow.From(state.Conversation, turn), transaction).ConfigureAwait(false);
                if (bringsPicture)
                {
                    await StorageQuota.RequireAsync(state.Conversation.Tenant, connection, transaction).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken);

    /// <summary>Writes down how far a turn is, or how it ended.</summary>
    internal Task SaveAsync(ConversationState state, StoredTurn turn, CancellationToken cancellationToken) =>
        WriteAsync(TurnSql.Save, state, turn, cancellationToken);

    /// <summary>Forgets a turn that no replica took.</summary>
    /// <param name="state">The conversation without it.</param>
    /// <param name="turn">The turn.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    internal Task RemoveAsync(ConversationState state, StoredTurn turn, CancellationToken cancellationToken) =>
        WriteAsync(TurnSql.Remove, state, turn, cancellationToken);

    internal Task<StoredTurn?> FindAsync(StoredConversation conversation, string turnId, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<TurnRow>(
            TurnSql.Find, new { tenant = conversation.Tenant, id = conversation.Id, turnId }).ConfigureAwait(false))?.ToTurn(),
        cancellationToken);

    /// <summary>Some turns in order: as many as were asked for, or as fit into a message of a size, and one at least.</summary>
    internal Task<ImmutableArray<StoredTurn>> PageAsync(
        StoredConversation conversation, int from, int count, int bytes, CancellationToken cancellationToken) => database.ReadAsync(
        async connection =>
        {
            var left = bytes; // of this try: one that fails is made again
            var page = ImmutableArray.CreateBuilder<StoredTurn>();
            var names = new { tenant = conversation.Tenant, id = conversation.Id, from, count };
            await foreach (var row in connection.QueryUnbufferedAsync<TurnRow>(TurnSql.Page, names).WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                left -= row.Size;
                if (left < 0 && page.Count > 0)
                {
                    break;
                }

                page.Add(row.ToTurn());
            }

            return page.ToImmutable();
        },
        cancellationToken);

    /// <summary>The picture of a digest, where one of the tenant's turns names it.</summary>
    internal Task<BlobRef?> FindPictureAsync(string tenant, string digest, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => await connection.ExecuteScalarAsync<long?>(TurnSql.FindPicture, new { tenant, digest }).ConfigureAwait(false) is { } bytes
            ? new BlobRef(BlobArea.Pictures, digest, bytes)
            : null,
        cancellationToken);

    /// <summary>A history whose oldest turns were dropped, with a first question that opens the dialogue.</summary>
    internal Task<TurnHistory> OpenAsync(StoredConversation conversation, TurnHistory history, CancellationToken cancellationToken) =>
        database.ReadAsync(connection => OpenAsync(conversation, history, connection, null), cancellationToken);

    /// <summary>What turns from one on add to the history.</summary>
    internal static async Task<TurnHistory> ReadHistoryAsync(
        StoredConversation conversation, int from, DbConnection connection, DbTransaction transaction)
    {
        var names = new
        {
            tenant = conversation.Tenant,
            id = conversation.Id,
            from,
            completed = (int)TurnState.Completed,
            cancelled = (int)TurnState.Cancelled,
        };
        var rows = await connection.QueryAsync<HistoryRow>(TurnSql.History, names, transaction).ConfigureAwait(false);
        return await OpenAsync(conversation, new TurnHistory([.. rows.Select(row => row.ToEntry())], null), connection, transaction).ConfigureAwait(false);
    }

    private static async Task<TurnHistory> OpenAsync(
        StoredConversation conversation, TurnHistory history, DbConnection connection, DbTransaction? transaction)
    {
        if (history.Entries.IsEmpty || history.Entries[0].Opens)
        {
            return history;
        }

        var names = new { tenant = conversation.Tenant, id = conversation.Id, position = history.Entries[0].Position };
        var (text, input, reports) = await connection.QuerySingleAsync<(string, string?, string?)>(TurnSql.Question, names, transaction).ConfigureAwait(false);

        // Its experts are part of what was asked, and are not asked again.
        var heard = ExpertLines.Join(Columns.List<ExpertReport>(reports), Columns.Text(input));
        return history with { Opening = new TurnOpening(Columns.Text(text), heard) };
    }

    private Task<int> WriteAsync(string sql, ConversationState state, StoredTurn turn, CancellationToken cancellationToken) => conversations.HoldAsync(
        state,
        (connection, transaction) => connection.ExecuteAsync(sql, TurnRow.From(state.Conversation, turn), transaction),
        cancellationToken);

    private sealed class HistoryRow
    {
        public int Position { get; init; }

        public int HistoryFrom { get; init; }

        public byte[]? PromptIds { get; init; }

        public byte[]? AnswerIds { get; init; }

        public int AnswerTokens { get; init; }

        public required string TokenizerDigest { get; init; }

        internal HistoryEntry ToEntry() =>
            new(Position, HistoryFrom == Position, Columns.Ints(PromptIds), Columns.Ints(AnswerIds)[..AnswerTokens], TokenizerDigest);
    }
}
