using System.Collections.Immutable;
using Herd.Contracts.Models;

namespace Herd.Gateway.Serving;

/// <summary>One answer wanted.</summary>
/// <param name="Prompt">What to start from.</param>
/// <param name="Sampling">How tokens are chosen.</param>
internal sealed record Generation(Prompt Prompt, SamplingParameters Sampling);

/// <summary>A stateless request: one or more answers from one model.</summary>
internal sealed record GenerationOrder
{
    /// <summary>Who asks.</summary>
    public required string Tenant { get; init; }

    /// <summary>The model as the client named it.</summary>
    public required string Model { get; init; }

    /// <summary>The bytes of the picture in force, if any.</summary>
    public ReadOnlyMemory<byte>? Picture { get; init; }

    /// <summary>The answers wanted, at least one.</summary>
    public required ImmutableArray<Generation> Generations { get; init; }

    /// <summary>How many of them in a row share a prompt.</summary>
    public int AnswersPerPrompt { get; init; } = 1;

    /// <summary>Whom the request is for, as the client names it: all of a user's fall on the same side of a canary. Null: each request for itself.</summary>
    public string? User { get; init; }

    /// <summary>Pictures that were sent, those that are not in force among them.</summary>
    public int Pictures { get; init; }

    /// <summary>Names of the experts to ask, instead of the version's; empty for none, null for the version's.</summary>
    public ImmutableArray<string>? Experts { get; init; }
}

/// <summary>An update of one of a request's answers.</summary>
/// <param name="Index">Which answer, from 0.</param>
/// <param name="Update">The update.</param>
internal readonly record struct GenerationStep(int Index, GenerationUpdate Update);
