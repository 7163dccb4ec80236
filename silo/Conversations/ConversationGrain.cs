using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Tenants;
using Herd.Silo.Devices;
using Herd.Silo.Storage;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Conversations;

/// <summary>One tenant's dialogue. Turns run in it, one at a time; readers only look on.</summary>
internal sealed class ConversationGrain(
    ConversationRepository conversations,
    TurnIntake intake,
    TurnRunner runner,
    BlobReferences references,
    ActiveCount active,
    IOptions<ConversationOptions> options,
    TimeProvider time) : Grain, IConversationGrain, IDisposable
{
    private const int MaxPage = 100;

    // Longer than any turn: an answer under way keeps its grain, whether or not anybody reads.
    private static readonly TimeSpan KeepWhileRunning = TimeSpan.FromHours(6);

    // Streaming methods interleave with all others.
    private readonly SemaphoreSlim _changing = new(1);
    private ConversationState? _state;
    private RunningTurn? _running;
    private Task _run = Task.CompletedTask;

    private string Tenant => GrainKeys.OwningTenant(this.GetPrimaryKeyString())!;

    private string Id => GrainKeys.OwnName(this.GetPrimaryKeyString());

    public override async Task OnActivateAsync(CancellationToken cancellationToken) =>
        _state = await conversations.TakeAsync(Tenant, Id, cancellationToken);

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _running?.Interrupt();
        await _run.WaitAsync(cancellationToken);
    }

    public Task<ConversationDescription> Create(CreateConversation request, CancellationToken cancellationToken = default) => ChangeAsync(
        async () =>
        {
            GrainKeys.RequireName(Id, "id");
            await intake.ResolveAsync(Tenant, request.Model, cancellationToken);
            var conversation = new StoredConversation
            {
                Tenant = Tenant,
                Id = Id,
                Model = request.Model,
                System = request.System,
                Epoch = 1,
                CreatedAt = time.GetUtcNow(),
            };
            if (_state is not null || !await conversations.AddAsync(conversation, cancellationToken))
            {
                throw new HerdException(HerdErrorCode.AlreadyExists, $"Conversation '{Id}' exists already.");
            }

            _state = new ConversationState(conversation, []);
            return _state.Describe();
        },
        cancellationToken);

    public async IAsyncEnumerable<TurnUpdate> RunTurn(TurnRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await ChangeAsync(() => AcceptAsync(request, cancellationToken), cancellationToken);
        await foreach (var update in ReadAsync(request.TurnId, 0, cancellationToken))
        {
            yield return update;
        }
    }

    public async IAsyncEnumerable<TurnUpdate> ReadTurn(
        string turnId, int fromIndex, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (fromIndex < 0)
        {
            throw HerdException.Invalid("from_index", $"'from_index' must be 0 or more, not {fromIndex}.");
        }

        await foreach (var update in ReadAsync(turnId, fromIndex, cancellationToken))
        {
            yield return update;
        }
    }

    public async Task CancelTurn(string turnId, CancellationToken cancellationToken = default)
    {
        RequireTurn(turnId);
        if (_running?.Accepted.TurnId == turnId)
        {
            _running.Cancel();
            await _run.WaitAsync(cancellationToken);
        }
    }

    public Task<ConversationDescription> Describe(CancellationToken cancellationToken = default) => Task.FromResult(Require().Describe());

    public Task<ImmutableArray<Turn>> ListTurns(int fromIndex, int count, CancellationToken cancellationToken = default)
    {
        var turns = Require().Turns;
        return fromIndex >= 0 && count is >= 1 and <= MaxPage
            ? Task.FromResult(turns.Skip(fromIndex).Take(count).Select(turn => turn.ToTurn()).ToImmutableArray())
            : throw HerdException.Invalid("count", $"'from_index' must be 0 or more and 'count' 1 to {MaxPage}; they are {fromIndex} and {count}.");
    }

    public Task Delete(CancellationToken cancellationToken = default) => ChangeAsync(
        async () =>
        {
            _running?.Cancel();
            await _run.WaitAsync(cancellationToken);
            var state = Require();
            await conversations.DeleteAsync(state.Conversation, cancellationToken);
            _state = null;
            await references.ReleaseAsync([.. state.Pictures], cancellationToken);
            return true;
        },
        cancellationToken);

    public void Dispose()
    {
        _changing.Dispose();
        _running?.Dispose();
    }

    /// <summary>Makes a turn durable and starts it; a known one is left as it is.</summary>
    private async Task<bool> AcceptAsync(TurnRequest request, CancellationToken cancellationToken)
    {
        var state = Require();
        if (state.Find(request.TurnId) is { } known)
        {
            return known.Text == request.Text && known.Input == request.Input
                ? true
                : throw new HerdException(HerdErrorCode.AlreadyExists, $"Turn '{request.TurnId}' exists already, with another text. Choose another id.");
        }

        if (_running is not null)
        {
            throw new HerdException(HerdErrorCode.Conflict, $"Turn '{_running.Accepted.TurnId}' is running. Wait for its end, or cancel it.");
        }

        var (turn, generation, meter) = await intake.PrepareAsync(state, request, cancellationToken);
        try
        {
            await intake.StoreAsync(state.Conversation, turn, request.Picture, cancellationToken);
        }
        catch (HerdException error) when (error.Code == HerdErrorCode.QuotaExceeded)
        {
            await meter.DisposeAsync();
            await references.ReleaseAsync(turn.Picture is { } kept ? [kept] : [], CancellationToken.None);
            throw;
        }
        catch
        {
            // Whether the row was written is not known here; the next activation reads it.
            DeactivateOnIdle();
            await meter.DisposeAsync();
            throw;
        }

        _state = state.Add(turn);
        _running = new RunningTurn(turn, options.Value.DetachedTurnLimit, time);
        DelayDeactivation(KeepWhileRunning);
        _run = RunAsync(state.Conversation, _running, generation, meter);
        return true;
    }

    private async Task RunAsync(StoredConversation conversation, RunningTurn running, GenerateRequest generation, UsageMeter meter)
    {
        // The turn outlives the call that brought it, and its identity with it.
        CallerContext.SetTenant(Tenant);
        using var place = active.Enter();
        var outcome = await runner.RunAsync(conversation, running, generation, meter);
        await meter.DisposeAsync();
        _state = outcome.Stored is { } ended ? _state!.Replace(ended) : _state!.Remove(running.Accepted);
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

    private async IAsyncEnumerable<TurnUpdate> ReadAsync(string turnId, int fromIndex, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var turn = RequireTurn(turnId);
        if (_running is { } running && running.Accepted.TurnId == turnId)
        {
            await foreach (var update in running.ReadAsync(fromIndex, cancellationToken))
            {
                yield return update;
            }

            yield break;
        }

        yield return new TurnAccepted(turn.ToTurn());
        if (AnswerBuffer.Of(turn).From(fromIndex).Take() is { } tokens)
        {
            yield return tokens;
        }

        yield return new TurnFinished(turn.ToTurn());
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

    private StoredTurn RequireTurn(string turnId) => Require().Find(turnId) ?? throw HerdException.NotFound($"Turn '{turnId}'");
}
