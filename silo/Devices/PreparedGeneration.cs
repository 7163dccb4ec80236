using System.Security.Cryptography;
using Herd.Contracts.Models;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Sampling;

namespace Herd.Silo.Devices;

/// <summary>A request as the engine takes it, and what its sender is told once it is taken.</summary>
internal sealed record PreparedGeneration(GenerationRequest Request, GenerationStarted Started)
{
    internal static PreparedGeneration From(
        GenerateRequest request, AdapterLease? lease, byte[]? picture, InferenceEngine engine, ReplicaOptions options)
    {
        SamplingSize.Check(request.Sampling);
        var prompt = PromptRenderer.Render(request.Prompt, lease?.Manifest.Template ?? PromptRenderer.BaseTemplate, engine.Tokenizer);
        var all = prompt.All;
        var seed = request.Sampling.Seed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        var least = request.Prompt is TurnPrompt { GivesWay: true } ? Math.Min(options.DefaultMaxTokens, engine.ContextTokens / 2) : 1;
        var maxTokens = request.Sampling.MaxTokens ?? Math.Clamp(engine.ContextTokens - all.Length, least, options.DefaultMaxTokens);
        return new PreparedGeneration(
            new GenerationRequest
            {
                PromptIds = all,
                Adapter = lease,
                Picture = picture,
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
            });
    }
}
