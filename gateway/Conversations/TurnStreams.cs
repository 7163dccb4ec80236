using System.Runtime.CompilerServices;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Conversations;

/// <summary>Reads turns as one stream each, whatever becomes of the processes that make them: what is lost is taken up where the reader stands.</summary>
internal sealed class TurnStreams(TimeProvider time)
{
    // A process that died is replaced within a few seconds; after this long without a word the client is told.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs a turn and reads it to its end.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="turn">The turn; asked for again under the same id it is the same turn.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The updates.</returns>
    public IAsyncEnumerable<TurnUpdate> RunAsync(IConversationGrain conversation, TurnRequest turn, CancellationToken cancellationToken) =>
        FollowAsync(conversation, new AnswerPosition(turn.TurnId, 0, RunningHash.Empty), token => conversation.RunTurn(turn, token), cancellationToken);

    /// <summary>Reads a turn from where the reader stands.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="position">Where the reader stands.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The updates.</returns>
    public IAsyncEnumerable<TurnUpdate> ReadAsync(IConversationGrain conversation, AnswerPosition position, CancellationToken cancellationToken) =>
        FollowAsync(conversation, position, token => Open(conversation, position, token), cancellationToken);

    private async IAsyncEnumerable<TurnUpdate> FollowAsync(
        IConversationGrain conversation,
        AnswerPosition position,
        Func<CancellationToken, IAsyncEnumerable<TurnUpdate>> open,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var told = new HashSet<Type>();
        var heard = time.GetTimestamp();
        while (true)
        {
            var updates = open(cancellationToken).GetAsyncEnumerator(cancellationToken);
            var isLost = false;
            try
            {
                while (await MoveAsync(updates, heard, cancellationToken))
                {
                    var update = updates.Current;
                    (position, heard) = (update.Position, time.GetTimestamp());

                    // Once a stream, however often it is opened.
                    if (update is not (TurnAccepted or HistoryDropped) || told.Add(update.GetType()))
                    {
                        yield return update;
                    }

                    if (update is TurnFinished)
                    {
                        yield break;
                    }
                }

                isLost = true;
            }
            finally
            {
                await updates.CloseAsync(isLost);
            }

            if (told.Count > 0)
            {
                open = token => Open(conversation, position, token);
            }
        }
    }

    /// <returns>False where the stream is lost and is to be opened again.</returns>
    private async Task<bool> MoveAsync(IAsyncEnumerator<TurnUpdate> updates, long heard, CancellationToken cancellationToken)
    {
        try
        {
            return await updates.MoveNextAsync();
        }
        catch (Exception exception) when (IsLost(exception) && time.GetElapsedTime(heard) < Patience)
        {
            await Task.Delay(Pause, time, cancellationToken);
            return false;
        }
    }

    private static IAsyncEnumerable<TurnUpdate> Open(IConversationGrain conversation, AnswerPosition position, CancellationToken cancellationToken) =>
        conversation.ReadTurn(position.TurnId, position.Index, position.Hash, cancellationToken);

    private static bool IsLost(Exception exception) => exception.IsLoss() || exception is HerdException { Code: HerdErrorCode.Moved };
}
