using System.Data;
using System.Data.Common;
using System.Diagnostics;
using System.Net.Sockets;
using Herd.Contracts.Errors;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Storage;

/// <summary>Runs queries on pool threads: a driver that blocks must not hold up a grain's scheduler.</summary>
/// <remarks>Work that meets another transaction, or a connection that a restarted server has closed, is run again: it must change nothing but rows.</remarks>
internal sealed class Database(Backend backend, ILogger<Database> logger)
{
    private const int MaxTries = 20;

    // A try takes up to three seconds, and a call to a grain gives up after five.
    private static readonly TimeSpan TryAgainFor = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The error of a database that cannot be used now; a driver's own exception could not be read in another process.</summary>
    internal static HerdException Unavailable => new(HerdErrorCode.Unavailable, "The database cannot be used now. Try again shortly.") { RetryAfter = RetryAfter };

    /// <summary>Whether an exception is how a driver says that the database failed.</summary>
    internal static bool IsFailure(Exception exception) => exception is DbException or SocketException or TimeoutException;

    /// <summary>Runs one query that changes nothing.</summary>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.Unavailable"/>: the database failed.</exception>
    internal Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) => RunAsync(work, cancellationToken);

    /// <summary>Runs queries as one transaction, as if no other ran meanwhile.</summary>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.Unavailable"/>: the database failed; where it did so in committing, nobody knows whether it did commit.</exception>
    internal Task<T> TransactAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken).ConfigureAwait(false);
            var result = await work(connection, transaction).ConfigureAwait(false);
            await CommitAsync(transaction).ConfigureAwait(false);
            return result;
        },
        cancellationToken);

    /// <summary>Runs queries as one transaction during which nobody else writes to a table, for what is decided outside the database.</summary>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.Unavailable"/>: the database failed.</exception>
    internal Task<T> TransactAloneAsync<T>(string table, Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) => TransactAsync(
        async (connection, transaction) =>
        {
            await backend.KeepWritersOutAsync(table, connection, transaction).ConfigureAwait(false);
            return await work(connection, transaction).ConfigureAwait(false);
        },
        cancellationToken);

    private async Task CommitAsync(DbTransaction transaction)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsFailure(exception) && !backend.IsConflict(exception))
        {
            throw new UnknownOutcomeException(exception);
        }
    }

    private Task<T> RunAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            var started = Stopwatch.GetTimestamp();
            for (var tries = 1; ; tries++)
            {
                try
                {
                    await using var connection = await backend.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                    return await work(connection).ConfigureAwait(false);
                }
                catch (Exception exception) when (tries < MaxTries && Stopwatch.GetElapsedTime(started) < TryAgainFor && MayTryAgain(exception))
                {
                    logger.LogDebug(exception, "Try {Try} met another transaction or a closed connection.", tries);
                    await Task.Delay(Pause(tries), cancellationToken).ConfigureAwait(false);
                }
                catch (Exception exception) when (IsFailure(exception) || exception is UnknownOutcomeException)
                {
                    logger.LogError(exception, "The database failed after {Try} tries.", tries);
                    throw Unavailable;
                }
            }
        },
        cancellationToken);

    private bool MayTryAgain(Exception exception) => backend.IsConflict(exception) || backend.IsLostConnection(exception);

    // Random, so that those who met do not meet again.
    private static TimeSpan Pause(int tries) => LongestPause * Math.Min(1, Math.Pow(2, tries) / 64) * Random.Shared.NextDouble();

    private sealed class UnknownOutcomeException(Exception inner) : Exception("The database failed while it committed.", inner);
}
