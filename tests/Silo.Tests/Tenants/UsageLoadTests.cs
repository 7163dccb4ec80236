using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Contracts.Tenants;
using Herd.Silo.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Herd.Silo.Tests.Tenants;

/// <summary>Clients on a real replica that keep a small limit busy, each of which comes back when it was told. Answers are short and long, as chance will have it.</summary>
public sealed class UsageLoadTests(SharedSilo shared)
{
    private const int Clients = 10;
    private const int Returns = 100;
    private const double Right = 0.95;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, TenantLimits> Limits => new()
    {
        { "tokens", new TenantLimits { TokensPerMinute = 12_000 } },
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
        var (returned, right) = await RunAsync(tenant);

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {right} of {returned} who returned on time were let in.");
        Assert.True(right >= Right * returned, $"{right} of {returned}");
    }

    /// <summary>Uses up what a minute allows beforehand.</summary>
    private async Task EmptyAsync(string tenant, TenantLimits limits)
    {
        var (id, all) = ($"{tenant}-before", limits.TokensPerMinute ?? 1);
        await shared.Silo.Tenant(tenant).Admit(new AdmissionRequest { RequestId = id, AnswerTokens = all }, Cancellation);
        await shared.Silo.Tenant(tenant).Settle(new UsageMark { RequestId = id, Started = true, GeneratedTokens = all });
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
                var tokens = random.Next(5, 100);
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
        UsageMeter meter;
        try
        {
            meter = await UsageMeter.AdmitAsync(shared.Silo.Tenant(tenant), request, 1, TimeProvider.System, NullLogger.Instance, Cancellation);
        }
        catch (HerdException refused) when (refused.Code == HerdErrorCode.LimitExceeded)
        {
            return refused.RetryAfter;
        }

        await AnswerAsync(tenant, id, tokens, meter);
        return null;
    }

    private async Task AnswerAsync(string tenant, string id, int tokens, UsageMeter meter)
    {
        await using var place = meter;
        try
        {
            await foreach (var update in GenerateAsync(tenant, id, tokens))
            {
                await meter.CountAsync(0, update, Cancellation);
            }
        }
        catch (HerdException fault) when (fault.Code is HerdErrorCode.Unavailable or HerdErrorCode.Overloaded)
        {
            // It was let in; a replica on a machine without time to spare is another matter.
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
