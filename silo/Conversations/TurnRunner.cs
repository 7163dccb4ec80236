using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Conversations;

/// <summary>Makes the answer of a turn and writes down how it ended.</summary>
internal sealed class TurnRunner(
    ReplicaRouter router, ConversationRepository conversations, BlobReferences references, TimeProvider time, ILogger<TurnRunner> logger)
{
    private const string Lost = "The replica that was answering is gone. Send the turn again under another id.";
    private static readonly TimeSpan[] WriteRetries = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    /// <summary>Runs a turn to its end; never throws.</summary>
    internal async Task<TurnOutcome> RunAsync(StoredConversation conversation, RunningTurn running, GenerateRequest request, UsageMeter meter)
    {
        var (turn, refusal) = await GenerateAsync(running, request, meter);
        turn = turn with
        {
            AnswerIds = running.Answer.Ids,
            AnswerTextEnds = running.Answer.TextEnds,
            Answer = running.Answer.Text,
            FinishedAt = time.GetUtcNow(),
        };
        try
        {
            if (refusal is null)
            {
                await WriteAsync(() => conversations.FinishTurnAsync(conversation, turn, CancellationToken.None));
                return new TurnOutcome(turn, Refusal: null);
            }

            await WriteAsync(() => conversations.RemoveTurnAsync(conversation, turn, CancellationToken.None));
            await references.ReleaseAsync(turn.Picture is { } picture ? [picture] : [], CancellationToken.None);
            return new TurnOutcome(Stored: null, refusal);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "The end of turn {Position} of conversation {Conversation} could not be written.", turn.Position, conversation.Id);
            var reason = exception as HerdException ?? new HerdException(HerdErrorCode.Unavailable, "The end of the turn could not be stored.");
            return new TurnOutcome(Stored: null, reason, IsCertain: false);
        }
    }

    /// <returns>How the turn ended; or the error that kept it from beginning.</returns>
    private async Task<(StoredTurn Turn, HerdException? Refusal)> GenerateAsync(RunningTurn running, GenerateRequest request, UsageMeter meter)
    {
        var turn = running.Accepted;
        try
        {
            await foreach (var update in router.Generate(request, running.Stopping))
            {
                await meter.CountAsync(0, update, running.Stopping);
                switch (update)
                {
                    case GenerationStarted started:
                        turn = turn with { Started = started };
                        break;
                    case TokensGenerated tokens:
                        running.Append(tokens);
                        break;
                    case GenerationFinished finished:
                        return (Complete(turn, finished), null);
                }
            }

            return (Fail(turn, HerdErrorCode.Unavailable, Lost), null);
        }
        catch (OperationCanceledException) when (running.Stopping.IsCancellationRequested)
        {
            return (running.Interrupted ? Fail(turn, HerdErrorCode.Unavailable, Lost) : Cancel(turn, running.Answer), null);
        }
        catch (HerdException exception) when (turn.Started is null)
        {
            return (turn, exception);
        }
        catch (HerdException exception)
        {
            return (Fail(turn, exception.Code, exception.Message), null);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "A turn failed.");
            return (Fail(turn, HerdErrorCode.Internal, "Herd failed while answering. Its log says why."), null);
        }
    }

    private static StoredTurn Complete(StoredTurn turn, GenerationFinished finished) => turn with
    {
        State = finished.Reason == FinishReason.Cancelled ? TurnState.Cancelled : TurnState.Completed,
        FinishReason = finished.Reason,
        CompletionTokens = finished.CompletionTokens,
        AnswerTokens = finished.AnswerTokens,
    };

    private static StoredTurn Cancel(StoredTurn turn, AnswerBuffer answer) => turn with
    {
        State = TurnState.Cancelled,
        FinishReason = FinishReason.Cancelled,
        CompletionTokens = answer.Ids.Length,
        AnswerTokens = answer.Ids.Length,
    };

    private static StoredTurn Fail(StoredTurn turn, HerdErrorCode code, string error) => turn with
    {
        State = TurnState.Failed,
        ErrorCode = code,
        Error = error,
    };

    /// <summary>Waits out a short trouble of the database: an answer that is there should not be lost to it.</summary>
    private async Task WriteAsync(Func<Task> write)
    {
        foreach (var pause in WriteRetries)
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
