using System.Text.Json.Serialization;

namespace Herd.Gateway.OpenAi;

/// <summary>What was counted.</summary>
internal sealed record UsageBody(int PromptTokens, int CompletionTokens, int TotalTokens, PromptTokensBody PromptTokensDetails);

/// <summary>How prompt tokens were come by.</summary>
/// <param name="CachedTokens">Those that were in the cache already and not computed.</param>
internal sealed record PromptTokensBody(int CachedTokens);

/// <summary>A chat message, or what a chunk adds to one.</summary>
internal sealed record MessageBody(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Content);

/// <summary>A whole chat answer.</summary>
internal sealed record ChatChoice(int Index, MessageBody Message, string? FinishReason, ChatLogProbabilities? Logprobs);

/// <summary>A whole chat response.</summary>
internal sealed record ChatCompletion(
    string Id,
    long Created,
    string Model,
    string? SystemFingerprint,
    IReadOnlyList<ChatChoice> Choices,
    UsageBody Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ExpertBody>? Experts)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "chat.completion";
}

/// <summary>A piece of a chat answer.</summary>
internal sealed record ChatDelta(int Index, MessageBody Delta, string? FinishReason, ChatLogProbabilities? Logprobs);

/// <summary>A frame of a chat stream.</summary>
internal sealed record ChatChunk(
    string Id,
    long Created,
    string Model,
    string? SystemFingerprint,
    IReadOnlyList<ChatDelta> Choices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UsageBody? Usage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ExpertBody>? Experts)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "chat.completion.chunk";
}

/// <summary>A plain answer, or a piece of one.</summary>
internal sealed record TextChoice(int Index, string Text, string? FinishReason, TextLogProbabilities? Logprobs);

/// <summary>A plain response, or a frame of a plain stream.</summary>
internal sealed record TextCompletion(
    string Id,
    long Created,
    string Model,
    string? SystemFingerprint,
    IReadOnlyList<TextChoice> Choices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UsageBody? Usage)
{
    /// <summary>The kind of object.</summary>
    public string Object { get; } = "text_completion";
}
