using System.Collections.Concurrent;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Storage;
using Herd.Silo.Tests.Conversations;
using Herd.Testing;
using Herd.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Tests.Hosting;

/// <summary>A server of the tests' own goes away and comes back, as in a crash.</summary>
public sealed class DatabaseOutageTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly LogLines _log = new();
    private PostgresServer? _server;
    private string _connection = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private PostgresServer Server => _server!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgresPrograms.Missing is not null, PostgresPrograms.Missing ?? "");
        _server = await PostgresServer.StartAsync(Cancellation);
        _connection = await Server.CreateDatabaseAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_database_that_goes_and_comes_back_in_the_middle_of_a_turn_is_told_and_forgotten()
    {
        await using var silo = await TestSilo.StartAsync(Build(), Cancellation);
        CallerContext.SetAdmin();
        await silo.CreateTenantAsync("acme");
        var conversation = await BeginAsync(silo, "going");
        var idle = await BeginAsync(silo, "idle");
        await using var updates = conversation.RunTurn(ConversationTests.Turn("t1", "Hello", 1900), Cancellation).GetAsyncEnumerator(Cancellation);
        while (await updates.MoveNextAsync() && updates.Current is not TurnTokens)
        {
        }

        await Server.CrashAsync();

        var refused = new[]
        {
            await CodeAsync(() => idle.RunTurn(ConversationTests.Turn("t1", "Hello", 4), Cancellation).ToListAsync(Cancellation).AsTask()),
            await CodeAsync(() => silo.Conversation("acme", "new").Create(new CreateConversation { Model = "base" }, Cancellation)),
            await CodeAsync(() => silo.CreateTenantAsync("other")),
        };
        Assert.All(refused, error => Assert.Equal((HerdErrorCode.Unavailable, true), (error.Code, error.RetryAfter > TimeSpan.Zero)));
        Assert.IsType<GenerationFinished>((await GenerateAsync(silo))[^1]);
        await Server.ResumeAsync(Cancellation);

        while (updates.Current is not TurnFinished && await updates.MoveNextAsync())
        {
        }

        Assert.Equal(TurnState.Completed, Assert.IsType<TurnFinished>(updates.Current).Turn.State);
        Assert.Equal(TurnState.Completed, Assert.Single(await conversation.ListTurns(0, 10, Cancellation)).State);
        Assert.IsType<TurnFinished>((await idle.RunTurn(ConversationTests.Turn("t1", "Hello", 4), Cancellation).ToListAsync(Cancellation))[^1]);
        await silo.CreateTenantAsync("other");
        Assert.NotEmpty(_log.Lines);
        Assert.DoesNotContain(_log.Lines, line => line.Contains(PostgresServer.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_that_is_not_there_at_the_start_is_named_without_its_password()
    {
        await Server.CrashAsync();
        using var host = Build();

        var refused = await Assert.ThrowsAsync<DatabaseUnavailableException>(() => host.StartAsync(Cancellation));

        Assert.Contains("PostgreSQL at 127.0.0.1:", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, refused.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(_log.Lines);
        Assert.DoesNotContain(_log.Lines, line => line.Contains(PostgresServer.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Settlements_in_an_outage_longer_than_limits_are_trusted_are_made_once_it_is_over()
    {
        await using var silo = await TestSilo.StartAsync(Build(), Cancellation);
        CallerContext.SetAdmin();
        await silo.CreateTenantAsync("acme");
        CallerContext.SetTenant("acme");
        var tenant = silo.Tenant("acme");
        foreach (var id in (string[])["early", "late"])
        {
            await tenant.Admit(new AdmissionRequest { RequestId = id, PromptTokens = 3, AnswerTokens = 100 }, Cancellation);
            await tenant.Mark(Reserved(id), Cancellation);
        }

        await Server.CrashAsync();
        await tenant.Settle(Reserved("early") with { GeneratedTokens = 7 });

        // Once at the settlement, then by sweeps as far apart as limits are trusted: after two of them the limits are due to be read again, and cannot be.
        await Eventually.TrueAsync(() => _log.Lines.Count(line => line.Contains("The usage of request early of acme could not be settled", StringComparison.Ordinal)) >= 3, Cancellation);
        Assert.Equal(HerdErrorCode.Unavailable, (await CodeAsync(() => tenant.Admit(new AdmissionRequest { RequestId = "new" }, Cancellation))).Code);
        await tenant.Settle(Reserved("late") with { GeneratedTokens = 9 });
        await Server.ResumeAsync(Cancellation);

        var today = new UsageQuery(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), UsagePeriod.Day, 10);
        await Eventually.TrueAsync(async () => (await tenant.GetUsage(today, Cancellation)).Single().GeneratedTokens == 7 + 9, Cancellation);
        var used = Assert.Single(await tenant.GetUsage(today, Cancellation));
        Assert.Equal((2, 6), (used.Requests, used.PromptTokens));
        await tenant.Admit(new AdmissionRequest { RequestId = "after" }, Cancellation);
    }

    private static UsageMark Reserved(string id) => new() { RequestId = id, Started = true, PromptTokens = 3, GeneratedTokens = 64, MostGeneratedTokens = 100 };

    private static async Task<IConversationGrain> BeginAsync(TestSilo silo, string id)
    {
        var conversation = silo.Conversation("acme", id);
        await conversation.Create(new CreateConversation { Model = "base" }, Cancellation);
        return conversation;
    }

    private static async Task<HerdException> CodeAsync(Func<Task> call) => await Assert.ThrowsAsync<HerdException>(call);

    private static async Task<List<GenerationUpdate>> GenerateAsync(TestSilo silo)
    {
        var request = new GenerateRequest
        {
            RequestId = "r1",
            Tenant = "acme",
            Prompt = new TextPrompt("Hello"),
            Sampling = new SamplingParameters { MaxTokens = 4 },
        };
        return await silo.Services.GetRequiredService<ReplicaRouter>().Generate(request, Cancellation).ToListAsync(Cancellation);
    }

    private IHost Build()
    {
        var builder = TestSilo.Configure(_folder.Path, ("Storage:Database", "postgresql"), ("Storage:ConnectionString", _connection));
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(_log);
        return builder.Build();
    }

    /// <summary>All that anybody logs, at every level.</summary>
    private sealed class LogLines : ILoggerProvider, ILogger
    {
        internal ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
