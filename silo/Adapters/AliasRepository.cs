using Dapper;
using Herd.Contracts.Adapters;
using Herd.Silo.Storage;

namespace Herd.Silo.Adapters;

/// <summary>The rows of aliases: their history, and where each is now.</summary>
internal sealed class AliasRepository(Database database)
{
    /// <summary>Adds an entry on top of the one that it was made from.</summary>
    /// <returns>False where its version is gone, or another entry was added meanwhile.</returns>
    internal Task<bool> AppendAsync(AliasKey key, AliasEntry entry, CancellationToken cancellationToken) => database.TransactAsync(
        async (connection, transaction) =>
        {
            var row = AliasRow.From(key, entry);
            if (await connection.ExecuteScalarAsync<int>(AliasSql.CountVersions, row, transaction).ConfigureAwait(false) < row.Versions
                || await connection.ExecuteAsync(entry.Position == 1 ? AliasSql.AddHead : AliasSql.MoveHead, row, transaction).ConfigureAwait(false) == 0)
            {
                return false;
            }

            await connection.ExecuteAsync(AliasSql.AddMove, row, transaction).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    internal Task<AliasEntry> GetAsync(AliasKey key, int position, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => (await connection.QuerySingleAsync<AliasRow>(AliasSql.FindMove, new { key.Tenant, key.Adapter, key.Alias, Position = position })
            .ConfigureAwait(false)).ToEntry(),
        cancellationToken);

    /// <summary>The newest entries before a position, newest first.</summary>
    internal Task<AliasHistoryPage> ListAsync(AliasKey key, int? before, int limit, CancellationToken cancellationToken) => database.ReadAsync(
        async connection =>
        {
            var page = new { key.Tenant, key.Adapter, key.Alias, Before = before ?? int.MaxValue, Limit = limit + 1 };
            var rows = (await connection.QueryAsync<AliasRow>(AliasSql.ListMoves, page).ConfigureAwait(false)).ToArray();
            return new AliasHistoryPage([.. rows.Take(limit).Select(row => row.ToEntry().Describe())], HasMore: rows.Length > limit);
        },
        cancellationToken);
}
