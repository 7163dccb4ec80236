namespace Herd.Contracts.Tenants;

/// <summary>A request that wants to begin.</summary>
[GenerateSerializer, Immutable, Alias("herd.AdmissionRequest")]
public sealed record AdmissionRequest
{
    /// <summary>Names the request within the cluster.</summary>
    [Id(0)]
    public required string RequestId { get; init; }

    /// <summary>Answers it asks for, at least 1.</summary>
    [Id(1)]
    public int Sequences { get; init; } = 1;

    /// <summary>Pictures it brings.</summary>
    [Id(2)]
    public int Pictures { get; init; }

    /// <summary>Tokens of its prompts, estimated.</summary>
    [Id(3)]
    public long PromptTokens { get; init; }

    /// <summary>Most tokens of all its answers.</summary>
    [Id(4)]
    public long AnswerTokens { get; init; }

    /// <summary>The same whenever the same is asked: whoever was told to come back is known by it.</summary>
    [Id(5)]
    public string Fingerprint { get; init; } = "";

    /// <summary>
    /// Where the request goes on with one that another process began: how the names begin that it was let in under. It was let in once, so no limit holds it up,
    /// and it is counted together with what it was before. Null for a new request.
    /// </summary>
    [Id(6)]
    public string? Continues { get; init; }
}

/// <summary>A request was let in.</summary>
/// <param name="Weight">The tenant's share where several compete.</param>
/// <param name="ReservedTokens">How many generated tokens are on its account already: so many may be passed on.</param>
[GenerateSerializer, Immutable, Alias("herd.AdmissionGrant")]
public sealed record AdmissionGrant([property: Id(0)] int Weight, [property: Id(1)] long ReservedTokens);

/// <summary>What a request has used, or may have used before its next mark.</summary>
[GenerateSerializer, Immutable, Alias("herd.UsageMark")]
public sealed record UsageMark
{
    /// <summary>The request.</summary>
    [Id(0)]
    public required string RequestId { get; init; }

    /// <summary>Whether any of its answers began: one that was refused costs nothing.</summary>
    [Id(1)]
    public bool Started { get; init; }

    /// <summary>Tokens of its prompts, counted.</summary>
    [Id(2)]
    public long PromptTokens { get; init; }

    /// <summary>How many of them were in a replica's cache.</summary>
    [Id(3)]
    public long CachedTokens { get; init; }

    /// <summary>Tokens of its answers; in a mark ahead, how many may be passed on.</summary>
    [Id(4)]
    public long GeneratedTokens { get; init; }

    /// <summary>Most tokens of all its answers, as the replica set it.</summary>
    [Id(5)]
    public long MostGeneratedTokens { get; init; }
}
