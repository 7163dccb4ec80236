using Herd.Contracts.Errors;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Conversations;

/// <summary>Writes a running turn down as it grows, beside the tokens' way, so that whoever takes it over goes on from there.</summary>
internal sealed class TurnCheckpoints(TurnRepository turns, TimeProvider time, ILogger<TurnCheckpoints> logger)
{
    /// <summary>Most ids that come between two checkpoints, where the database keeps up.</summary>
    internal const int Tokens = 32;

    /// <summary>Longest that an id waits for its checkpoint.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Keeps a turn until told to stop. Where another activation has taken the conversation over, the turn is interrupted here.</summary>
    internal async Task KeepAsync(ConversationState state, RunningTurn running, CancellationToken cancellationToken)
    {
        var kept = running.Answer.Count;
        try
        {
            while (true)
            {
                await running.HasGrownToAsync(kept + 1, cancellationToken);
                await IsDueAsync(running, kept, cancellationToken);

                // An answer that began anew is shorter than what was kept of it.
                kept = running.Answer.Count;
                await SaveAsync(state, running);
            }
        }
        catch (OperationCanceledException)
        {
            // The turn has ended, and its end is written down instead.
        }
        catch (HerdException exception) when (exception.Code == HerdErrorCode.Moved)
        {
            running.Interrupt();
        }
    }

    /// <summary>Keeps what experts said before a word of the answer is told: whoever takes the turn over must not ask them again.</summary>
    internal async Task KeepHeardAsync(ConversationState state, RunningTurn running)
    {
        try
        {
            await SaveAsync(state, running);
        }
        catch (HerdException exception) when (exception.Code == HerdErrorCode.Moved)
        {
            running.Interrupt();
        }
    }

    private async Task IsDueAsync(RunningTurn running, int kept, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await await Task.WhenAny(running.HasGrownToAsync(kept + Tokens, waiting.Token), Task.Delay(Period, time, waiting.Token));
        await waiting.CancelAsync();
    }

    private async Task SaveAsync(ConversationState state, RunningTurn running)
    {
        try
        {
            await turns.SaveAsync(state, running.Snapshot(), CancellationToken.None);
        }
        catch (Exception exception) when (exception is not HerdException { Code: HerdErrorCode.Moved })
        {
            logger.LogWarning(exception, "A checkpoint of turn {Position} of conversation {Conversation} could not be written.", running.Turn.Position, state.Conversation.Id);
        }
    }
}
