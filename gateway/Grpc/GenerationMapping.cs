using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Maps prompts, sampling and updates between the public contract and the cluster's.</summary>
internal static class GenerationMapping
{
    /// <summary>The prompt of a request.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="HerdException">There is none, or a role is missing.</exception>
    public static Prompt ToPrompt(V1.GenerateRequest request) => request.PromptCase switch
    {
        V1.GenerateRequest.PromptOneofCase.Text => new TextPrompt(request.Text),
        V1.GenerateRequest.PromptOneofCase.TokenIds => new TokenPrompt([.. request.TokenIds.Ids]),
        V1.GenerateRequest.PromptOneofCase.Chat => new ChatPrompt(
            [.. request.Chat.Messages.Select((message, index) => new ChatMessage(ToRole(message.Role, index), message.Text))],
            request.Chat.HasInput ? request.Chat.Input : null),
        _ => throw HerdException.Invalid("prompt", "One of 'text', 'token_ids' and 'chat' must be set."),
    };

    /// <summary>How tokens are chosen.</summary>
    /// <param name="sampling">What the client set; null for nothing.</param>
    /// <returns>The parameters.</returns>
    public static SamplingParameters ToSampling(V1.Sampling? sampling) => sampling is null ? new SamplingParameters() : new SamplingParameters
    {
        Temperature = sampling.HasTemperature ? sampling.Temperature : null,
        TopP = sampling.HasTopP ? sampling.TopP : null,
        Seed = sampling.HasSeed ? sampling.Seed : null,
        MaxTokens = sampling.HasMaxTokens ? sampling.MaxTokens : null,
        Stop = [.. sampling.Stop],
        TopK = sampling.HasTopK ? sampling.TopK : null,
        MinP = sampling.HasMinP ? sampling.MinP : null,
        PresencePenalty = sampling.HasPresencePenalty ? sampling.PresencePenalty : null,
        FrequencyPenalty = sampling.HasFrequencyPenalty ? sampling.FrequencyPenalty : null,
        LogitBias = sampling.LogitBias.ToImmutableDictionary(),
        IgnoreEnd = sampling.IgnoreEnd,
        LikeliestTokens = sampling.HasLikeliestTokens ? sampling.LikeliestTokens : null,
    };

    /// <summary>New tokens of an answer.</summary>
    /// <param name="firstIndex">Index of the first.</param>
    /// <param name="ids">Their ids.</param>
    /// <param name="text">The text they complete.</param>
    /// <returns>The message.</returns>
    public static V1.TokensGenerated ToTokens(int firstIndex, ImmutableArray<int> ids, string text) =>
        new() { FirstIndex = firstIndex, Ids = { ids }, Text = text };

    /// <summary>New tokens of an answer, with their log-probabilities where they were asked for.</summary>
    /// <param name="tokens">The update.</param>
    /// <returns>The message.</returns>
    public static V1.TokensGenerated ToTokens(TokensGenerated tokens)
    {
        var message = ToTokens(tokens.FirstIndex, tokens.Ids, tokens.Text);
        message.LogProbabilities.AddRange(tokens.LogProbabilities.Select(chosen =>
            new V1.ChosenToken { Token = ToProto(chosen.Token), Likeliest = { chosen.Likeliest.Select(ToProto) } }));
        return message;
    }

    /// <summary>Why an answer ended.</summary>
    /// <param name="reason">Why; null while it runs.</param>
    /// <returns>The value.</returns>
    public static V1.FinishReason ToReason(FinishReason? reason) => reason switch
    {
        FinishReason.Stop => V1.FinishReason.Stop,
        FinishReason.Length => V1.FinishReason.Length,
        FinishReason.Cancelled => V1.FinishReason.Cancelled,
        _ => V1.FinishReason.Unspecified,
    };

    /// <summary>The start of an answer.</summary>
    /// <param name="started">The update.</param>
    /// <param name="requestId">Names the request in logs.</param>
    /// <param name="version">The version in force; null for the bare base.</param>
    /// <returns>The message.</returns>
    public static V1.GenerationStarted ToStarted(GenerationStarted started, string requestId, string? version) => new()
    {
        RequestId = requestId,
        Version = version ?? "",
        PromptTokens = started.PromptTokens,
        Seed = started.Seed,
        MaxTokens = started.MaxTokens,
        Template = started.Template ?? "",
        Experts = { started.Experts.Select(ExpertMapping.ToProto) },
    };

    /// <summary>The end of an answer.</summary>
    /// <param name="finished">The update.</param>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    /// <returns>The message.</returns>
    public static V1.GenerationFinished ToFinished(GenerationFinished finished, int promptTokens) => new()
    {
        Reason = ToReason(finished.Reason),
        Usage = new V1.Usage
        {
            PromptTokens = promptTokens,
            CompletionTokens = finished.CompletionTokens,
            AnswerTokens = finished.AnswerTokens,
            ReusedTokens = finished.ReusedTokens,
        },
        Timings = new V1.Timings
        {
            TimeToFirstToken = Duration.FromTimeSpan(finished.TimeToFirstToken),
            Duration = Duration.FromTimeSpan(finished.Duration),
        },
    };

    private static V1.TokenProbability ToProto(TokenProbability token) =>
        new() { Id = token.Id, Bytes = ByteString.CopyFrom(token.Bytes.AsSpan()), LogProbability = token.LogProbability };

    private static ChatRole ToRole(V1.Role role, int index) => role switch
    {
        V1.Role.System => ChatRole.System,
        V1.Role.User => ChatRole.User,
        V1.Role.Assistant => ChatRole.Assistant,
        _ => throw HerdException.Invalid($"chat.messages[{index}].role", "Every message needs a role: system, user or assistant."),
    };
}
