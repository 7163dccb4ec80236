using System.Collections.Immutable;
using Dapper;
using Herd.Contracts.Conversations;
using Herd.Contracts.Models;
using Herd.Silo.Conversations;
using Herd.Silo.Storage;
using Herd.Silo.Tests.Storage;
using Herd.Silo.Tests.Tenants;
using Herd.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Conversations;

/// <summary>When a running turn is written down: every 32 ids, or when one has waited for a second.</summary>
public sealed class TurnCheckpointTests : IAsyncLifetime
{
    private const string Rows =
        """
        INSERT INTO tenants (name, concurrent_sequences, adapters, created_at) VALUES ('acme', 1, 1, 0);
        INSERT INTO conversations (tenant, id, model, epoch, created_at) VALUES ('acme', 'c', 'base', 1, 0);
        INSERT INTO turns (tenant, conversation, position, turn_id, state, text, sampling, created_at) VALUES ('acme', 'c', 0, 't1', 0, 'Hello', '{}', 0);
        CREATE TABLE saves (ids INTEGER NOT NULL);
        CREATE TRIGGER note_saves AFTER UPDATE ON turns BEGIN INSERT INTO saves VALUES (LENGTH(new.answer_ids) / 4); END;
        """;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    // As a grain has it: one thing at a time.
    private readonly TaskScheduler _grain = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
    private readonly SqliteStorage _storage = new();
    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _over = new();
    private RunningTurn? _running;
    private Task _keeping = Task.CompletedTask;
    private int _earlierTimers;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _storage.InitializeAsync();
        await new Migrator(_storage.Backend).MigrateAsync(Cancellation);
        await using var connection = await _storage.OpenAsync();
        await connection.ExecuteAsync(Rows);

        var conversation = new StoredConversation { Tenant = "acme", Id = "c", Model = "base", Epoch = 1, CreatedAt = DateTimeOffset.UnixEpoch };
        var turn = new StoredTurn
        {
            TurnId = "t1", Position = 0, State = TurnState.Running, Text = "Hello", Sampling = new SamplingParameters(), CreatedAt = DateTimeOffset.UnixEpoch,
        };
        _running = new RunningTurn(turn, TurnHistory.Empty, isResumed: true, Second, _time);
        _earlierTimers = _time.Timers;
        var database = new Database(_storage.Backend, NullLogger<Database>.Instance);
        var checkpoints = new TurnCheckpoints(new TurnRepository(database, new ConversationRepository(database)), _time, NullLogger<TurnCheckpoints>.Instance);
        _keeping = InGrainAsync(() => checkpoints.KeepAsync(new ConversationState(conversation, 1, null, TurnHistory.Empty), _running, _over.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _keeping;
        _over.Dispose();
        _running!.Dispose();
        await _storage.DisposeAsync();
    }

    [Fact]
    public async Task Thirty_two_ids_are_written_at_once()
    {
        await GrowAsync(31);
        await WaitsForClockAsync(times: 1);
        await GrowAsync(1);
        await HasSavedAsync(32);

        await GrowAsync(70);
        await HasSavedAsync(32, 102);

        await GrowAsync(31);
        await WaitsForClockAsync(times: 3);
        await HasSavedAsync(32, 102);
    }

    [Fact]
    public async Task Fewer_are_written_when_the_first_of_them_has_waited_for_a_second()
    {
        await GrowAsync(1);
        await WaitsForClockAsync(times: 1);
        _time.Advance(Second - Millisecond);
        await GrowAsync(2);
        await HasSavedAsync();

        _time.Advance(Millisecond);
        await HasSavedAsync(3);
    }

    [Fact]
    public async Task Nothing_is_written_while_nothing_comes()
    {
        await GrowAsync(5);
        await WaitsForClockAsync(times: 1);
        _time.Advance(Second);
        await HasSavedAsync(5);

        _time.Advance(60 * Second);
        await GrowAsync(1);
        await WaitsForClockAsync(times: 2);
        await HasSavedAsync(5);

        _time.Advance(Second);
        await HasSavedAsync(5, 6);
    }

    private Task InGrainAsync(Func<Task> work) => Task.Factory.StartNew(work, Cancellation, TaskCreationOptions.None, _grain).Unwrap();

    private Task GrowAsync(int ids) => InGrainAsync(() =>
    {
        _running!.Append(new TokensGenerated(_running.Answer.Count, [.. Enumerable.Range(0, ids)], "") { TextEnds = [.. Enumerable.Repeat(0, ids)] });
        return Task.CompletedTask;
    });

    /// <summary>Whoever keeps the turn has seen it grow for the last time and waits for more, or for the clock.</summary>
    private Task WaitsForClockAsync(int times) => Eventually.TrueAsync(() => _time.Timers == _earlierTimers + times, Cancellation);

    /// <summary>The turn was written with these numbers of ids, and no other time.</summary>
    private async Task HasSavedAsync(params int[] expected)
    {
        await Eventually.TrueAsync(async () => (await SavesAsync()).Length >= expected.Length, Cancellation);
        Assert.Equal(expected, await SavesAsync());
    }

    private async Task<ImmutableArray<int>> SavesAsync()
    {
        await using var connection = await _storage.OpenAsync();
        return [.. await connection.QueryAsync<int>("SELECT ids FROM saves ORDER BY rowid")];
    }
}
