using System.Collections.Immutable;
using System.Security.Cryptography;
using Herd.Contracts.Experts;
using Herd.Contracts.Models;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Herd.Silo.Experts;

namespace Herd.Silo.Devices;

/// <summary>A request as the engine takes it, and what its sender is told once it is taken.</summary>
internal sealed record PreparedGeneration(GenerationRequest Request, GenerationStarted Started)
{
    internal static PreparedGeneration From(
        GenerateRequest request, AdapterLease? lease, byte[]? picture, InferenceEngine engine, ReplicaOptions options, int expertTokens)
    {
        SamplingSize.Check(request.Sampling);
        var template = lease?.Manifest.Template ?? PromptRenderer.BaseTemplate;
        var experts = HearExperts(request, template, engine, options, expertTokens);
        var prompt = PromptRenderer.Render(request.Prompt.With(experts), template, engine.Tokenizer);
        var all = prompt.All;
        var seed = request.Sampling.Seed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        var least = request.Prompt is TurnPrompt { GivesWay: true } ? Math.Min(options.DefaultMaxTokens, engine.ContextTokens / 2) : 1;
        var maxTokens = request.Sampling.MaxTokens ?? Math.Clamp(engine.ContextTokens - all.Length, least, options.DefaultMaxTokens);
        return new PreparedGeneration(
            new GenerationRequest
            {
                PromptIds = all,
                Adapter = lease,
                Picture = IsForExpertsAlone(request, lease) ? null : picture,
                Scope = request.Tenant,
                Share = request.Weight,
                ResumeIds = request.ResumeIds,
                Sampling = new SamplingOptions
                {
                    Temperature = request.Sampling.Temperature ?? options.DefaultTemperature,
                    TopP = request.Sampling.TopP ?? options.DefaultTopP,
                    Seed = seed,
                    TopK = request.Sampling.TopK,
                    MinP = request.Sampling.MinP ?? 0,
                    PresencePenalty = request.Sampling.PresencePenalty ?? 0,
                    FrequencyPenalty = request.Sampling.FrequencyPenalty ?? 0,
                    LogitBias = request.Sampling.LogitBias,
                },
                IgnoreEnd = request.Sampling.IgnoreEnd,
                LikeliestTokens = request.Sampling.LikeliestTokens,
                MaxTokens = maxTokens,
                StopStrings = [.. prompt.Stops, .. request.Sampling.Stop],
            },
            new GenerationStarted
            {
                PromptIds = prompt.Added,
                PromptTokens = all.Length,
                TokenizerDigest = engine.Tokenizer.Digest,
                Template = prompt.Template,
                Seed = seed,
                MaxTokens = maxTokens,
                Experts = experts,
            });
    }

    /// <summary>Whether the model takes no pictures, and those who look at it tell it what they see.</summary>
    private static bool IsForExpertsAlone(GenerateRequest request, AdapterLease? lease) =>
        lease?.Manifest.TakesPictures != true && !request.ExpertsInForce.IsEmpty;

    /// <summary>What experts said gets at most the room that the prompt and the answer leave; where older turns can give way, they do.</summary>
    private static ImmutableArray<ExpertReport> HearExperts(
        GenerateRequest request, string template, InferenceEngine engine, ReplicaOptions options, int expertTokens)
    {
        var heard = request.Heard ?? [];
        if (heard.All(report => report.Outcome != ExpertOutcome.Spoke))
        {
            return heard;
        }

        // An empty line stands for what is to come: it makes the Input part that the lines will stand in.
        var without = PromptRenderer.Render(request.Prompt.With([new ExpertReport { Name = "", Outcome = ExpertOutcome.Spoke, Line = "" }]), template, engine.Tokenizer);
        var left = engine.ContextTokens - without.All.Length;
        var room = request.Prompt is TurnPrompt { GivesWay: true } ? expertTokens : left - (request.Sampling.MaxTokens ?? Math.Min(options.DefaultMaxTokens, left / 2));
        return ExpertLines.Fit(heard, Math.Clamp(room, 0, expertTokens), engine.Tokenizer);
    }
}
