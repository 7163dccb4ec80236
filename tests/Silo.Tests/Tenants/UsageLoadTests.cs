using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Tenants;

/// <summary>Clients on a real replica of a busy machine that keep a small limit busy, each of which comes back when it was told.</summary>
public sealed class UsageLoadTests(SharedSilo shared)
{
    private const int Clients = 10;
    private const int Returns = 100;
    private const double Right = 0.95;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, TenantLimits> Limits => new()
    {
        { "tokens", new TenantLimits { TokensPerMinute = 12_000 } },
        { "requests", new TenantLimits { RequestsPerMinute = 1000 } },
        { "sequences", new TenantLimits { ConcurrentSequences = 3 } },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task Under_load_those_who_return_on_time_are_let_in(string name, TenantLimits limits)
    {
        var tenant = $"load-{name}";
        await shared.Silo.CreateTenantAsync(tenant, limits);
        CallerContext.SetTenant(tenant);
        await EmptyAsync(tenant, limits);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var others = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(() => Spin(enough.Token), TaskCreationOptions.LongRunning)).ToArray();

        var (returned, right) = await RunAsync(tenant);
        await enough.CancelAsync();
        await Task.WhenAll(others);

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {right} of {returned} who returned on time were let in.");
        Assert.True(right >= Right * returned, $"{right} of {returned}");
    }

    private static void Spin(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            Thread.SpinWait(1000);
        }
    }

    /// <summary>Uses up what a minute allows beforehand.</summary>
    private async Task EmptyAsync(string tenant, TenantLimits limits)
    {
        for (var left = limits.RequestsPerMinute ?? 1; left > 0; left--)
        {
            var id = $"{tenant}-before-{left}";
            await shared.Silo.Tenant(tenant).Admit(new AdmissionRequest { RequestId = id, AnswerTokens = limits.TokensPerMinute ?? 1 }, Cancellation);
            await shared.Silo.Tenant(tenant).Settle(new UsageMark { RequestId = id, Started = true, PromptTokens = 0, GeneratedTokens = limits.TokensPerMinute ?? 1 });
        }
    }

    private async Task<(int Returned, int Right)> RunAsync(string tenant)
    {
        var (returned, right) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            CallerContext.SetTenant(tenant);
            var random = new Random(client);
            for (var request = 0; Volatile.Read(ref returned) < Returns; request++)
            {
                var tokens = random.Next(5, 60);
                var wait = await TryAsync(tenant, $"{client}/{request}", tokens);
                while (wait is { } told)
                {
                    await Task.Delay(told, Cancellation);
                    wait = await TryAsync(tenant, $"{client}/{request}", tokens);
                    Interlocked.Increment(ref returned);
                    Interlocked.Add(ref right, wait is null ? 1 : 0);
                }
            }
        })));
        return (returned, right);
    }

    private async Task<TimeSpan?> TryAsync(string tenant, string asks, int tokens)
    {
        var id = Guid.NewGuid().ToString("N");
        var request = new AdmissionRequest { RequestId = id, PromptTokens = 20, AnswerTokens = tokens, Fingerprint = asks };
        try
        {
            await using var meter = await UsageMeter.AdmitAsync(shared.Silo.Tenant(tenant), request, 1, TimeProvider.System, NullLogger.Instance, Cancellation);
            await foreach (var update in GenerateAsync(tenant, id, tokens))
            {
                await meter.CountAsync(0, update, Cancellation);
            }

            return null;
        }
        catch (HerdException refused) when (refused.Code == HerdErrorCode.LimitExceeded)
        {
            return refused.RetryAfter;
        }
    }

    private IAsyncEnumerable<GenerationUpdate> GenerateAsync(string tenant, string id, int tokens) => shared.Silo.Services.GetRequiredService<ReplicaRouter>().Generate(
        new GenerateRequest
        {
            RequestId = id,
            Tenant = tenant,
            Prompt = new TextPrompt("Once upon a time"),
            Sampling = new SamplingParameters { MaxTokens = tokens, IgnoreEnd = true },
        },
        Cancellation);
}
