using System.Data.Common;
using Dapper;
using Herd.Silo.Storage;

namespace Herd.Silo.Leases;

/// <summary>The rows of holders and their leases.</summary>
internal sealed class LeaseRepository(Database database)
{
    /// <summary>Writes down what a holder holds now, and until when that is to be believed.</summary>
    /// <returns>Those of the versions that no adapter has any more.</returns>
    internal Task<IReadOnlyList<string>> RenewAsync(
        LeaseHolder holder, IReadOnlyCollection<string> versions, DateTimeOffset now, TimeSpan duration, CancellationToken cancellationToken) =>
        database.TransactAsync<IReadOnlyList<string>>(
            async (connection, transaction) =>
            {
                var row = new { holder.Id, holder.Silo, holder.Address, holder.Device, RenewedAt = Columns.Of(now), ExpiresAt = Columns.Of(now + duration) };
                await connection.ExecuteAsync(LeaseSql.Renew, row, transaction).ConfigureAwait(false);
                await SetAsync(holder, versions, row.RenewedAt, connection, transaction).ConfigureAwait(false);
                return [.. await connection.QueryAsync<string>(LeaseSql.Unnamed, row, transaction).ConfigureAwait(false)];
            },
            cancellationToken);

    /// <summary>Removes holders that are dead or whose time is over, and all their leases.</summary>
    /// <returns>The holders that were over.</returns>
    internal async Task<IReadOnlyList<string>> RemoveAsync(Func<HolderRow, bool> isOver, CancellationToken cancellationToken)
    {
        var holders = await database.ReadAsync(connection => connection.QueryAsync<HolderRow>(LeaseSql.Holders), cancellationToken).ConfigureAwait(false);
        var over = holders.Where(isOver).ToArray();
        if (over.Length > 0)
        {
            await database.TransactAsync(
                (connection, transaction) => connection.ExecuteAsync(LeaseSql.RemoveHolder, over, transaction), cancellationToken).ConfigureAwait(false);
        }

        return [.. over.Select(holder => holder.Holder)];
    }

    internal Task<IEnumerable<LeaseRow>> ListAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(connection => connection.QueryAsync<LeaseRow>(LeaseSql.List), cancellationToken);

    private static async Task SetAsync(
        LeaseHolder holder, IReadOnlyCollection<string> versions, long since, DbConnection connection, DbTransaction transaction)
    {
        var written = (await connection.QueryAsync<string>(LeaseSql.Held, new { holder.Id }, transaction).ConfigureAwait(false)).ToArray();
        var gone = written.Except(versions).Select(version => new { Holder = holder.Id, Version = version });
        var come = versions.Except(written).Select(version => new { Holder = holder.Id, Version = version, Since = since });
        await connection.ExecuteAsync(LeaseSql.Remove, gone, transaction).ConfigureAwait(false);
        await connection.ExecuteAsync(LeaseSql.Add, come, transaction).ConfigureAwait(false);
    }
}
