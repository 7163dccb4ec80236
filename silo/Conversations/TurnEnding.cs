using Herd.Contracts.Errors;
using Herd.Silo.Storage;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Conversations;

/// <summary>Writes down how a turn ended.</summary>
internal sealed class TurnEnding(TurnRepository turns, BlobReferences references, TimeProvider time, ILogger<TurnEnding> logger)
{
    private static readonly TimeSpan[] Retries = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Stores a turn's end, or forgets the turn where no replica took it; never throws.</summary>
    internal async Task<TurnOutcome> WriteAsync(ConversationState state, RunningTurn running, TurnEnd end)
    {
        try
        {
            if (end.Refusal is { } refusal)
            {
                await ForgetAsync(state, running.Turn);
                return new TurnOutcome(Stored: null, refusal);
            }

            var turn = end.Apply(running.Snapshot(), Columns.Now(time));
            await RetryAsync(() => turns.SaveAsync(state.Finish(turn, running.History), turn, CancellationToken.None));
            return new TurnOutcome(turn, Refusal: null);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "The end of turn {Position} of conversation {Conversation} could not be written.", running.Turn.Position, state.Conversation.Id);
            var reason = exception as HerdException ?? new HerdException(HerdErrorCode.Unavailable, "The end of the turn could not be stored.") { RetryAfter = RetryAfter };
            return new TurnOutcome(Stored: null, reason, IsCertain: false);
        }
    }

    /// <summary>Leaves an interrupted turn to the next activation, with all there is of it; never throws.</summary>
    internal async Task<TurnOutcome> LeaveAsync(ConversationState state, RunningTurn running)
    {
        try
        {
            await turns.SaveAsync(state, running.Snapshot(), CancellationToken.None);
        }
        catch (Exception exception)
        {
            logger.LogInformation(exception, "Turn {Position} of conversation {Conversation} goes on elsewhere from an earlier checkpoint.", running.Turn.Position, state.Conversation.Id);
        }

        var moved = new HerdException(HerdErrorCode.Moved, "The turn goes on in another process. Read it again.") { RetryAfter = RetryAfter };
        return new TurnOutcome(Stored: null, moved, IsCertain: false);
    }

    private async Task ForgetAsync(ConversationState state, StoredTurn turn)
    {
        await RetryAsync(() => turns.RemoveAsync(state with { Turns = state.Turns - 1 }, turn, CancellationToken.None));
        await references.ReleaseAsync(turn.Picture is { } picture ? [picture] : [], CancellationToken.None);
    }

    /// <summary>Waits out a short trouble of the database: an answer that is there should not be lost to it.</summary>
    private async Task RetryAsync(Func<Task> write)
    {
        foreach (var pause in Retries)
        {
            try
            {
                await write();
                return;
            }
            catch (HerdException exception) when (exception.Code == HerdErrorCode.Unavailable)
            {
                logger.LogWarning(exception, "The end of a turn could not be written; trying again in {Pause}.", pause);
                await Task.Delay(pause, time);
            }
        }

        await write();
    }
}
