using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Conversations;

/// <summary>Makes the answer of a turn, whatever replicas it takes.</summary>
internal sealed class TurnRunner(
    ReplicaRouter router,
    TurnRepository turns,
    TurnCheckpoints checkpoints,
    TurnEnding ending,
    IOptions<ConversationOptions> options,
    TimeProvider time,
    ILogger<TurnRunner> logger)
{
    private const int MaxRestarts = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs a turn to its end, or until it is interrupted; never throws.</summary>
    /// <param name="state">The conversation with the turn.</param>
    /// <param name="running">The turn.</param>
    /// <param name="prepare">Makes the request, its prompt aside; asked again where that fails for a while.</param>
    internal async Task<TurnOutcome> RunAsync(ConversationState state, RunningTurn running, Func<CancellationToken, Task<TurnGeneration>> prepare)
    {
        using var over = new CancellationTokenSource();
        var keeping = checkpoints.KeepAsync(state, running, over.Token);
        var (end, generation) = await GenerateAsync(state, running, prepare);
        await over.CancelAsync();
        await keeping;
        var outcome = running.IsInterrupted ? await ending.LeaveAsync(state, running) : await ending.WriteAsync(state, running, end);
        if (generation is not null)
        {
            // What the database may still hold as running is counted by whoever goes on with it.
            await (outcome.IsCertain ? generation.DisposeAsync() : generation.LeaveAsync());
        }

        return outcome;
    }

    private async Task<(TurnEnd End, TurnGeneration? Held)> GenerateAsync(ConversationState state, RunningTurn running, Func<CancellationToken, Task<TurnGeneration>> prepare)
    {
        TurnGeneration? generation = null;
        var restarts = 0;
        int? excess = null;
        var lastMoved = time.GetTimestamp();
        while (true)
        {
            var count = running.Answer.Count;
            try
            {
                if (excess is { } tokens)
                {
                    await DropAsync(state, running, tokens);
                    excess = null;
                }

                generation ??= await prepare(running.Stopping);
                return (await StreamAsync(state, running, generation), generation);
            }
            catch (OperationCanceledException) when (running.Stopping.IsCancellationRequested)
            {
                return (TurnEnd.Cancelled, generation);
            }
            catch (HerdException exception) when (exception.ExcessTokens is not null && CanDrop(state, running))
            {
                excess = exception.ExcessTokens;
            }
            catch (HerdException exception) when (exception.Code == HerdErrorCode.Restarted && restarts < MaxRestarts)
            {
                restarts++;
                running.Restart();
            }
            catch (Exception exception) when (running.HasBegun && MayPass(exception))
            {
                lastMoved = running.Answer.Count > count ? time.GetTimestamp() : lastMoved;
                if (time.GetElapsedTime(lastMoved) > options.Value.RecoveryLimit)
                {
                    return (TurnEnd.Failed(HerdErrorCode.Unavailable, "The replica that was answering is gone, and no other took its place in time. Send the turn again under another id."), generation);
                }

                await Task.Delay(Pause, time, running.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (HerdException exception)
            {
                return (running.HasBegun ? TurnEnd.Failed(exception.Code, exception.Message) : TurnEnd.Refused(exception), generation);
            }
            catch (Exception exception)
            {
                logger.LogError(exception, "A turn failed.");
                return (TurnEnd.Failed(HerdErrorCode.Internal, "Herd failed while answering. Its log says why."), generation);
            }
        }
    }

    private async Task<TurnEnd> StreamAsync(ConversationState state, RunningTurn running, TurnGeneration generation)
    {
        running.Answer.DropTail();
        var request = generation.Request with { Prompt = running.History.PromptFor(state.Conversation, running.Turn) };
        await foreach (var update in router.GoOn(request, running.Begun, running.Stopping))
        {
            await generation.CountAsync(update, running.Stopping);
            switch (update)
            {
                case GenerationStarted started:
                    running.Start(started);
                    await (started.Experts.IsEmpty ? Task.CompletedTask : checkpoints.KeepHeardAsync(state, running));
                    break;
                case TokensGenerated tokens:
                    running.Append(tokens);
                    break;
                case GenerationFinished finished:
                    return TurnEnd.Finished(finished);
            }
        }

        throw new HerdException(HerdErrorCode.Unavailable, "The replica that was answering is gone.");
    }

    private static bool CanDrop(ConversationState state, RunningTurn running) =>
        running.History.MayDrop(state.Conversation) && running.Turn.Started is null;

    private async Task DropAsync(ConversationState state, RunningTurn running, int tokens)
    {
        var rest = running.History.Drop(tokens);
        running.Drop(await turns.OpenAsync(state.Conversation, rest, CancellationToken.None));
    }

    private static bool MayPass(Exception exception) => exception.MayServeElsewhere()
        || exception is HerdException { Code: HerdErrorCode.Unavailable or HerdErrorCode.Overloaded or HerdErrorCode.Moved };
}
