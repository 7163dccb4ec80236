using Herd.Contracts.Tenants;

namespace Herd.Silo.Tenants;

/// <summary>A request under way, with what it may have passed on.</summary>
internal sealed record OpenUsage
{
    private static readonly long HourMilliseconds = (long)TimeSpan.FromHours(1).TotalMilliseconds;

    public required string RequestId { get; init; }

    public required string Tenant { get; init; }

    public required string KeyId { get; init; }

    /// <summary>Beginning of the hour in which it was let in, in Unix milliseconds.</summary>
    public required long Hour { get; init; }

    public int Sequences { get; init; }

    public long PromptTokens { get; init; }

    public long GeneratedTokens { get; init; }

    public long Pictures { get; init; }

    internal static OpenUsage Of(string tenant, string keyId, AdmissionRequest request, DateTimeOffset now) => new()
    {
        RequestId = request.RequestId,
        Tenant = tenant,
        KeyId = keyId,
        Hour = now.ToUnixTimeMilliseconds() / HourMilliseconds * HourMilliseconds,
        Sequences = request.Sequences,
        PromptTokens = request.PromptTokens,
        GeneratedTokens = Math.Min((long)request.Sequences * UsageMeter.Block, request.AnswerTokens),
        Pictures = request.Pictures,
    };

    /// <summary>Whether the row covers what a mark says.</summary>
    internal bool Covers(UsageMark mark) => mark.PromptTokens <= PromptTokens && mark.GeneratedTokens <= GeneratedTokens;

    internal OpenUsage With(UsageMark mark) => this with
    {
        PromptTokens = Math.Max(PromptTokens, mark.PromptTokens),
        GeneratedTokens = Math.Max(GeneratedTokens, mark.GeneratedTokens),
    };

    /// <summary>What is counted where nobody can say any more what was used: all that may have been passed on.</summary>
    internal UsageMark ToMark() => new() { RequestId = RequestId, Started = true, PromptTokens = PromptTokens, GeneratedTokens = GeneratedTokens };
}
