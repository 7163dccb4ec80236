namespace Herd.Contracts.Tenants;

/// <summary>What a tenant may use. The administrator may change it at any time; it is in force at once.</summary>
[GenerateSerializer, Immutable, Alias("herd.TenantLimits")]
public sealed record TenantLimits
{
    /// <summary>The largest share.</summary>
    public const int MostWeight = 1000;

    /// <summary>Training jobs of a tenant of which nothing else is said.</summary>
    public const int DefaultTrainingJobs = 2;

    /// <summary>Most sequences at one time, at least 1.</summary>
    [Id(0)]
    public int ConcurrentSequences { get; init; } = 64;

    /// <summary>Most adapters, at least 0.</summary>
    [Id(1)]
    public int Adapters { get; init; } = 100;

    /// <summary>Most requests per minute, at least 1; null for no limit.</summary>
    [Id(2)]
    public long? RequestsPerMinute { get; init; }

    /// <summary>Most prompt and generated tokens per minute, at least 1; null for no limit.</summary>
    [Id(3)]
    public long? TokensPerMinute { get; init; }

    /// <summary>Most bytes of adapters and pictures that are kept, each content counted once; null for no limit.</summary>
    [Id(4)]
    public long? StoredBytes { get; init; }

    /// <summary>Most pictures that conversations keep, each content counted once; null for no limit.</summary>
    [Id(5)]
    public long? StoredPictures { get; init; }

    /// <summary>Most pictures of one request; null for no limit.</summary>
    [Id(6)]
    public int? PicturesPerRequest { get; init; }

    /// <summary>The tenant's share of a device where several compete, 1 to <see cref="MostWeight"/>.</summary>
    [Id(7)]
    public int Weight { get; init; } = 1;

    /// <summary>Most training jobs that wait or run, at least 0.</summary>
    [Id(8)]
    public int TrainingJobs { get; init; } = DefaultTrainingJobs;
}
