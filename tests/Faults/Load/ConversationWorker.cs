using Grpc.Core;
using Herd.Faults.Clients;
using Herd.Faults.Findings;
using Herd.Faults.Histories;
using Herd.Faults.Plan;
using Herd.Protos.V1;

namespace Herd.Faults.Load;

/// <summary>Ways to have a turn run.</summary>
internal enum TurnWay
{
    /// <summary>Read as it is made.</summary>
    Plain,

    /// <summary>Left in the middle, and read on through the other gateway.</summary>
    Leave,

    /// <summary>Run by two callers at one time, one at each gateway.</summary>
    Join,

    /// <summary>Asked for once more when it has ended.</summary>
    Repeat,

    /// <summary>Ended in the middle; the last of its conversation, since what follows such a turn is not known beforehand.</summary>
    Cancel,
}

/// <summary>Holds conversations, and compares what it was told with what is stored.</summary>
internal sealed class ConversationWorker(LoadContext context, LoadTenant tenant, int number) : Worker(context, tenant, "talk", number)
{
    private static readonly IReadOnlyList<TurnWay> Ways = [TurnWay.Plain, TurnWay.Plain, TurnWay.Leave, TurnWay.Join, TurnWay.Repeat];

    protected override async Task DoAsync(CancellationToken abort)
    {
        var (voice, script) = (Any(Enum.GetValues<Voice>()), Random.Next(Questions.Scripts.Count));
        var record = new ConversationRecord(Tenant.Number, $"{Label}-{Number}", Context.Clock.Now);
        if (!await CreateAsync(record, Tenant.ModelOf(voice), abort))
        {
            return;
        }

        Tenant.Conversations.Enqueue(record);
        var answers = Context.References.Of(voice, script);
        for (var index = 0; index < answers.Count; index++)
        {
            var question = Questions.Scripts[script][index];
            var turn = new TurnRecord($"t{index}", question.Text, answers[index]);
            record.Turns.Add(turn);
            var way = index == answers.Count - 1 && Random.Next(3) == 0 ? TurnWay.Cancel : Any(Ways);
            if (!await HoldAsync(record, turn, question, way, abort))
            {
                return;
            }
        }

        await new ConversationCheck(Context, Tenant).CompareAsync(record, AnyGateway(), abort);
    }

    private Task<bool> CreateAsync(ConversationRecord record, string model, CancellationToken abort)
    {
        var operation = Begin("conversations", $"conversation {record.Id} with {model}");
        return TryAsync(operation, canGoOn: true, async watch =>
        {
            try
            {
                var create = new CreateConversationRequest { Id = record.Id, Model = model };
                await Tenant.Clients.Conversations(watch.Gateway).CreateConversationAsync(create, Tenant.Clients.Metadata, cancellationToken: watch.Token);
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.AlreadyExists && operation.Attempts.Count > 0)
            {
                operation.Note("an earlier call had made it");
            }

            return true;
        }, abort);
    }

    /// <summary>Has a turn run in a way.</summary>
    /// <returns>Whether it ended well.</returns>
    private async Task<bool> HoldAsync(ConversationRecord record, TurnRecord turn, Question question, TurnWay way, CancellationToken abort)
    {
        var operation = Begin($"turns: {way.ToString().ToLowerInvariant()}", $"turn {turn.TurnId} of {record.Id}, {question.Tokens} tokens, {way}");
        Tenant.Usage.Ask(question.Tokens);
        var reading = new TurnReading(turn, Context.Clock, Tenant.Usage);
        var stopAfter = way is TurnWay.Leave or TurnWay.Cancel ? Random.Next(question.Tokens) : int.MaxValue;
        var isWell = way == TurnWay.Join
            ? (await Task.WhenAll(ReadAsync(operation, record, reading, stopAfter, abort), JoinAsync(record, turn, abort))).All(well => well)
            : await ReadAsync(operation, record, reading, stopAfter, abort);
        isWell = isWell && way switch
        {
            TurnWay.Leave => await ReadAsync(operation, record, reading, int.MaxValue, abort),
            TurnWay.Cancel => await CancelAsync(operation, record, turn, abort) && await ReadAsync(operation, record, reading, int.MaxValue, abort),
            TurnWay.Repeat => await JoinAsync(record, turn, abort),
            _ => true,
        };
        Settle(operation, question, reading.Finished);
        (turn.History, var isEnded) = (operation.History, isWell && IsEnded(operation, turn, reading.Finished));
        return isEnded && turn.IsFinished;
    }

    private Task<bool> JoinAsync(ConversationRecord record, TurnRecord turn, CancellationToken abort)
    {
        var operation = Begin("turns: asked for again", $"turn {turn.TurnId} of {record.Id} again");
        return ReadAsync(operation, record, new TurnReading(turn, Context.Clock, Tenant.Usage), int.MaxValue, abort);
    }

    /// <summary>Reads until the turn has ended or enough has come: the first call runs it, those after go on or ask for it again.</summary>
    private Task<bool> ReadAsync(Operation operation, ConversationRecord record, TurnReading reading, int stopAfter, CancellationToken abort) =>
        TryAsync(operation, canGoOn: true, async watch =>
        {
            using var call = Open(operation, record, reading, watch);
            await foreach (var update in call.ResponseStream.ReadAllAsync(watch.Token))
            {
                watch.Heard();
                Context.Counts.Operation("tokens compared", update.Tokens?.Ids.Count ?? 0);
                if (!IsRight(operation, reading.Turn.Expected, reading.Take(update)))
                {
                    return false;
                }

                if (reading.Finished is not null || reading.Next > stopAfter)
                {
                    operation.Note(reading.Finished is { } end ? $"{end.State} with {end.Usage.CompletionTokens} tokens" : $"enough after {reading.Next} tokens");
                    return true;
                }
            }

            throw new AnswerUnreadableException("The turn's stream ended without its last message.");
        }, abort);

    private AsyncServerStreamingCall<TurnUpdate> Open(Operation operation, ConversationRecord record, TurnReading reading, AttemptWatch watch)
    {
        var conversations = Tenant.Clients.Conversations(watch.Gateway);
        if (reading.Hash is { } hash && (operation.Attempts.Count & 1) == 1)
        {
            operation.Note($"reads on from token {reading.Next}");
            var read = new ReadTurnRequest { ConversationId = record.Id, TurnId = reading.Turn.TurnId, FromIndex = reading.Next, RunningHash = hash };
            return conversations.ReadTurn(read, Tenant.Clients.Metadata, cancellationToken: watch.Token);
        }

        reading.BeginAgain();
        var (turn, sampling) = (reading.Turn, Requests.Greedy(reading.Turn.Expected.Ids.Count));
        var run = new RunTurnRequest { ConversationId = record.Id, TurnId = turn.TurnId, Text = turn.Text, Sampling = sampling };
        return conversations.RunTurn(run, Tenant.Clients.Metadata, cancellationToken: watch.Token);
    }

    private Task<bool> CancelAsync(Operation operation, ConversationRecord record, TurnRecord turn, CancellationToken abort)
    {
        turn.IsCancelled = true;
        return TryAsync(operation, canGoOn: true, async watch =>
        {
            var cancel = new CancelTurnRequest { ConversationId = record.Id, TurnId = turn.TurnId };
            await Tenant.Clients.Conversations(watch.Gateway).CancelTurnAsync(cancel, Tenant.Clients.Metadata, cancellationToken: watch.Token);
            operation.Note("cancelled");
            return true;
        }, abort);
    }

    /// <summary>A turn that had to move may have been counted with a reserve for each place where it ran.</summary>
    private void Settle(Operation operation, Question question, Turn? finished)
    {
        var moves = Context.Faults.Within(operation.Began, Context.Clock.Now).Count(disturbance => disturbance.Part.Kind != PartKind.Gateway);
        if (moves == 0 && finished is not null)
        {
            Tenant.Usage.Finish(question.Tokens, finished.Usage.CompletionTokens);
        }

        for (var move = 0; move < moves; move++)
        {
            Tenant.Usage.Ask(question.Tokens);
        }
    }

    private bool IsEnded(Operation operation, TurnRecord turn, Turn? finished)
    {
        if (finished is not null && (finished.State == TurnState.Completed || (finished.State == TurnState.Cancelled && (turn.IsCancelled || turn.MayHaveBeenLeft))))
        {
            Context.Counts.Operation("turns acknowledged");
            return true;
        }

        Context.Findings.Add(FindingKind.TurnLost, operation, "a complete answer", $"{finished?.State} {finished?.Error}");
        return false;
    }
}
