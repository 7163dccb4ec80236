using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Devices;
using Herd.Silo.Placement;
using Herd.Silo.Storage;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Conversations;

/// <summary>One tenant's dialogue. Turns run in it, one at a time; readers only look on.</summary>
[DevicePlacement]
internal sealed class ConversationGrain(
    ConversationRepository conversations,
    TurnRepository turns,
    TurnIntake intake,
    TurnRunner runner,
    BlobReferences references,
    ActiveCount active,
    IOptions<ConversationOptions> options,
    TimeProvider time) : Grain, IConversationGrain, IDisposable
{
    private const int MaxPage = 100;

    // Messages stay well below what the cluster carries.
    private const int PageBytes = 1 << 19;

    // Longer than any turn: an answer under way keeps its grain, whether or not anybody reads.
    private static readonly TimeSpan KeepWhileRunning = TimeSpan.FromHours(6);

    // Streaming methods interleave with all others.
    private readonly SemaphoreSlim _changing = new(1);
    private ConversationState? _state;
    private RunningTurn? _running;
    private Task _run = Task.CompletedTask;

    private string Tenant => GrainKeys.OwningTenant(this.GetPrimaryKeyString())!;

    private string Id => GrainKeys.OwnName(this.GetPrimaryKeyString());

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await conversations.TakeAsync(Tenant, Id, cancellationToken) is not { } taken)
        {
            return;
        }

        _state = taken.State;
        if (taken.Unfinished is { } turn)
        {
            Start(
                new RunningTurn(turn, taken.State.History, isResumed: true, options.Value.DetachedTurnLimit, time),
                taken.State with { Turns = taken.State.Turns - 1 },
                stopping => intake.ResumeAsync(taken.State, turn, stopping));
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _running?.Interrupt();
        await _run.WaitAsync(cancellationToken);
    }

    public Task<ConversationDescription> Create(CreateConversation request, CancellationToken cancellationToken = default) => ChangeAsync(
        async () =>
        {
            GrainKeys.RequireName(Id, "id");
            await intake.ResolveAsync(Tenant, Id, request.Model, cancellationToken);
            var conversation = new StoredConversation
            {
                Tenant = Tenant,
                Id = Id,
                Model = request.Model,
                System = request.System,
                Overflow = request.Overflow,
                Epoch = 1,
                CreatedAt = Columns.Now(time),
            };
            if (_state is not null || !await conversations.AddAsync(conversation, cancellationToken))
            {
                throw new HerdException(HerdErrorCode.AlreadyExists, $"Conversation '{Id}' exists already.");
            }

            _state = new ConversationState(conversation, Turns: 0, PictureInForce: null, TurnHistory.Empty);
            return _state.Describe();
        },
        cancellationToken);

    public async IAsyncEnumerable<TurnUpdate> RunTurn(TurnRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var updates = await ChangeAsync(() => AcceptAsync(request, cancellationToken), cancellationToken);
        await foreach (var update in updates.WithCancellation(cancellationToken))
        {
            yield return update;
        }
    }

    public async IAsyncEnumerable<TurnUpdate> ReadTurn(
        string turnId, int fromIndex, ulong? hash, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (fromIndex < 0)
        {
            throw HerdException.Invalid("from_index", $"'from_index' must be 0 or more, not {fromIndex}.");
        }

        var updates = await FindAsync(turnId, fromIndex, hash, cancellationToken) ?? throw HerdException.NotFound($"Turn '{turnId}'");
        await foreach (var update in updates.WithCancellation(cancellationToken))
        {
            yield return update;
        }
    }

    public async Task CancelTurn(string turnId, CancellationToken cancellationToken = default)
    {
        if (_running is { } running && running.Turn.TurnId == turnId)
        {
            running.Cancel();
            await _run.WaitAsync(cancellationToken);
        }
        else if (await turns.FindAsync(Require().Conversation, turnId, cancellationToken) is null)
        {
            throw HerdException.NotFound($"Turn '{turnId}'");
        }
    }

    public Task<ConversationDescription> Describe(CancellationToken cancellationToken = default) => Task.FromResult(Require().Describe());

    public async Task<ImmutableArray<Turn>> ListTurns(int fromIndex, int count, CancellationToken cancellationToken = default)
    {
        var conversation = Require().Conversation;
        return fromIndex >= 0 && count is >= 1 and <= MaxPage
            ? [.. (await turns.PageAsync(conversation, fromIndex, count, PageBytes, cancellationToken)).Select(turn => turn.ToTurn())]
            : throw HerdException.Invalid("count", $"'from_index' must be 0 or more and 'count' 1 to {MaxPage}; they are {fromIndex} and {count}.");
    }

    public async Task<ImmutableArray<TurnRecord>> ReadRecords(int fromIndex, CancellationToken cancellationToken = default) =>
        [.. (await turns.PageAsync(Require().Conversation, fromIndex, MaxPage, PageBytes, cancellationToken)).Select(turn => turn.ToRecord())];

    public Task Delete(CancellationToken cancellationToken = default) => ChangeAsync(
        async () =>
        {
            _running?.Cancel();
            await _run.WaitAsync(cancellationToken);
            var pictures = await conversations.DeleteAsync(Require(), cancellationToken);
            _state = null;
            await references.ReleaseAsync(pictures, cancellationToken);
            return true;
        },
        cancellationToken);

    public void Dispose()
    {
        _changing.Dispose();
        _running?.Dispose();
    }

    /// <summary>Makes a turn durable and starts it; a known one is left as it is.</summary>
    private async Task<IAsyncEnumerable<TurnUpdate>> AcceptAsync(TurnRequest request, CancellationToken cancellationToken)
    {
        var before = Require();
        if (await FindAsync(request.TurnId, 0, null, cancellationToken, known => RequireSame(known, request)) is { } known)
        {
            return known;
        }

        if (_running is not null)
        {
            throw new HerdException(HerdErrorCode.Conflict, $"Turn '{_running.Turn.TurnId}' is running. Wait for its end, or cancel it.");
        }

        var (turn, generation) = await intake.PrepareAsync(before, request, cancellationToken);
        var accepted = before.Accept(turn);
        try
        {
            await intake.StoreAsync(accepted, turn, request, cancellationToken);
        }
        catch (Exception error)
        {
            if (error is not HerdException { Code: HerdErrorCode.QuotaExceeded })
            {
                // Whether the row was written is not known here; the next activation reads it. Where it was, it keeps the picture.
                DeactivateOnIdle();
            }

            await generation.DisposeAsync();
            await references.ReleaseAsync(turn.Picture is { } kept ? [kept] : [], CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext); // The caller is told of the first error.
            throw;
        }

        _state = accepted;
        var running = new RunningTurn(turn, before.History, isResumed: false, options.Value.DetachedTurnLimit, time);
        Start(running, before, _ => Task.FromResult(generation));
        return running.ReadAsync(0, null, cancellationToken);
    }

    private void Start(RunningTurn running, ConversationState before, Func<CancellationToken, Task<TurnGeneration>> prepare)
    {
        _running = running;
        DelayDeactivation(KeepWhileRunning);
        _run = RunAsync(running, before, prepare);
    }

    private async Task RunAsync(
        RunningTurn running, ConversationState before, Func<CancellationToken, Task<TurnGeneration>> prepare)
    {
        // The turn outlives the call that brought it, and its identity with it.
        CallerContext.SetTenant(Tenant);
        using var place = active.Enter();
        var accepted = _state!;
        var outcome = await runner.RunAsync(accepted, running, prepare);
        _state = outcome.Stored is { } ended ? accepted.Finish(ended, running.History) : before;
        _running = null;
        DelayDeactivation(TimeSpan.Zero);
        if (!outcome.IsCertain)
        {
            DeactivateOnIdle();
        }

        // Last: whoever learns that the turn has ended may send the next one at once.
        running.End(outcome);
        running.Dispose();
    }

    /// <returns>The updates of a turn that runs or has ended; null where there is no such turn.</returns>
    private async Task<IAsyncEnumerable<TurnUpdate>?> FindAsync(
        string turnId, int fromIndex, ulong? hash, CancellationToken cancellationToken, Action<StoredTurn>? check = null)
    {
        var conversation = Require().Conversation;
        if (_running is { } running && running.Turn.TurnId == turnId)
        {
            check?.Invoke(running.Turn);
            return running.ReadAsync(fromIndex, hash, cancellationToken);
        }

        if (await turns.FindAsync(conversation, turnId, cancellationToken) is not { } ended)
        {
            return null;
        }

        check?.Invoke(ended);
        return TurnReader.ReadEnded(ended, fromIndex, hash).ToAsyncEnumerable();
    }

    private static void RequireSame(StoredTurn known, TurnRequest request)
    {
        var picture = request.Picture?.Digest ?? request.PictureDigest;
        if (known.Text != request.Text || known.Input != request.Input || (picture is not null && picture != known.Picture?.Digest))
        {
            throw new HerdException(HerdErrorCode.AlreadyExists, $"Turn '{known.TurnId}' exists already, with another text or picture. Choose another id.");
        }
    }

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            return await change();
        }
        finally
        {
            _changing.Release();
        }
    }

    private ConversationState Require() => _state ?? throw HerdException.NotFound($"Conversation '{Id}'");
}
