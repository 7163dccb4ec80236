using System.Data;
using System.Data.Common;
using Herd.Contracts.Errors;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Storage;

/// <summary>Runs queries on pool threads: a driver that blocks must not hold up a grain's scheduler.</summary>
internal sealed class Database(Backend backend, ILogger<Database> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Runs one query that changes nothing.</summary>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.Unavailable"/>: the database failed.</exception>
    internal Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) => RunAsync(work, cancellationToken);

    /// <summary>Runs queries as one transaction that starts as a writer, so that what it reads cannot change before it commits.</summary>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.Unavailable"/>: the database failed.</exception>
    internal Task<T> TransactAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken).ConfigureAwait(false);
            var result = await work(connection, transaction).ConfigureAwait(false);
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            return result;
        },
        cancellationToken);

    private Task<T> RunAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            try
            {
                await using var connection = await backend.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                return await work(connection).ConfigureAwait(false);
            }
            catch (DbException exception)
            {
                // A driver's exception cannot be read in another process.
                logger.LogError(exception, "The database failed.");
                throw new HerdException(HerdErrorCode.Unavailable, "The database cannot be used now. Try again shortly.") { RetryAfter = RetryAfter };
            }
        },
        cancellationToken);
}
