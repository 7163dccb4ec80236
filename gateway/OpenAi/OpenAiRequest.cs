using System.Collections.Immutable;
using Herd.Contracts.Models;
using Herd.Gateway.Serving;

namespace Herd.Gateway.OpenAi;

/// <summary>A request of the OpenAI surface, chat or plain, once it is read.</summary>
internal sealed record OpenAiRequest
{
    /// <summary>The model as the client named it.</summary>
    public required string Model { get; init; }

    /// <summary>What to start from, at least one.</summary>
    public required ImmutableArray<Prompt> Prompts { get; init; }

    /// <summary>Answers for each prompt.</summary>
    public required int AnswersPerPrompt { get; init; }

    /// <summary>How tokens are chosen for the first answer of each prompt; the next ones count the seed up.</summary>
    public required SamplingParameters Sampling { get; init; }

    /// <summary>The bytes of the picture in force, if any.</summary>
    public ReadOnlyMemory<byte>? Picture { get; init; }

    /// <summary>Pictures that were sent; the last is in force.</summary>
    public int Pictures { get; init; }

    /// <summary>Whom the request is for, as the client names it.</summary>
    public string? User { get; init; }

    /// <summary>Names of the experts to ask, instead of the version's; null for the version's.</summary>
    public ImmutableArray<string>? Experts { get; init; }

    /// <summary>Whether the answer is streamed.</summary>
    public required bool Stream { get; init; }

    /// <summary>Whether a stream ends with what was counted.</summary>
    public required bool IncludeUsage { get; init; }

    /// <summary>The order that the request stands for: the answers of the first prompt, then those of the next.</summary>
    /// <param name="tenant">Who asks.</param>
    /// <returns>The order.</returns>
    public GenerationOrder ToOrder(string tenant) => new()
    {
        Tenant = tenant,
        Model = Model,
        Picture = Picture,
        Pictures = Pictures,
        User = User,
        Experts = Experts,
        AnswersPerPrompt = AnswersPerPrompt,
        Generations =
        [
            .. Prompts.SelectMany(_ => Enumerable.Range(0, AnswersPerPrompt), (prompt, answer) => new Generation(prompt, SamplingOf(answer))),
        ],
    };

    private SamplingParameters SamplingOf(int answer) => Sampling.Seed is { } seed ? Sampling with { Seed = unchecked(seed + answer) } : Sampling;
}
