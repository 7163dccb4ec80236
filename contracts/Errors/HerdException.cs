namespace Herd.Contracts.Errors;

/// <summary>The only exception that crosses grains. Its message may be shown to the tenant who caused it.</summary>
[GenerateSerializer, Alias("herd.HerdException")]
public sealed class HerdException : Exception
{
    /// <summary>Makes an error.</summary>
    /// <param name="code">What kind of error it is.</param>
    /// <param name="message">What was expected, what was found, and what to do; safe for the tenant to read.</param>
    public HerdException(HerdErrorCode code, string message)
        : base(message)
    {
        Code = code;
    }

    /// <summary>What kind of error it is.</summary>
    [Id(0)]
    public HerdErrorCode Code { get; private set; }

    /// <summary>The request field at fault, where one is.</summary>
    [Id(1)]
    public string? Field { get; init; }

    /// <summary>When trying again makes sense; null where it does not.</summary>
    [Id(2)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Which limit is exceeded, a name of <see cref="Tenants.LimitNames"/>; null where none is.</summary>
    [Id(4)]
    public string? Limit { get; init; }

    /// <summary>Where the context was exceeded, by how many tokens; otherwise null.</summary>
    [Id(3)]
    public int? ExcessTokens { get; init; }

    /// <summary>Whether another replica may serve the same request now.</summary>
    public bool IsRetryableElsewhere => Code is HerdErrorCode.Busy or HerdErrorCode.NotResident or HerdErrorCode.Draining;

    /// <summary>The named thing does not exist for this caller.</summary>
    /// <param name="what">The kind of thing and its name as the caller gave it.</param>
    /// <returns>An error that reads the same whether the thing is absent or somebody else's.</returns>
    public static HerdException NotFound(string what) => new(HerdErrorCode.NotFound, $"{what} does not exist.");

    /// <summary>The tenant has all it may have of something that is kept.</summary>
    /// <param name="limit">A name of <see cref="Tenants.LimitNames"/>.</param>
    /// <param name="message">How much it may have, and what to do.</param>
    /// <returns>The error.</returns>
    public static HerdException Quota(string limit, string message) => new(HerdErrorCode.QuotaExceeded, message) { Limit = limit };

    /// <summary>A request field is wrong.</summary>
    /// <param name="field">The field's name on the wire.</param>
    /// <param name="message">What was expected and what was found.</param>
    /// <returns>The error.</returns>
    public static HerdException Invalid(string field, string message) => new(HerdErrorCode.InvalidArgument, message) { Field = field };
}
