using System.Collections.Immutable;
using Herd.Contracts.Conversations;
using Herd.Contracts.Experts;
using Herd.Contracts.Models;

namespace Herd.Gateway.Conversations;

/// <summary>A line of an export.</summary>
internal sealed record ExportedTurn(
    string TurnId,
    int Index,
    TurnState State,
    string Text,
    string? Input,
    string? PictureDigest,
    ImmutableArray<ExpertReport>? Experts,
    string Answer,
    string? Version,
    string? Template,
    string? Tokenizer,
    SamplingParameters Sampling,
    int? MaxTokens,
    int HistoryFrom,
    int DroppedTurns,
    int PromptTokens,
    int CompletionTokens,
    ImmutableArray<int> PromptIds,
    ImmutableArray<int> AnswerIds,
    int AnswerTokens,
    FinishReason? FinishReason,
    string? Error,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt)
{
    /// <summary>The line of a turn.</summary>
    /// <param name="record">What is stored of the turn.</param>
    /// <returns>The line.</returns>
    public static ExportedTurn Of(TurnRecord record) => new(
        record.Turn.TurnId,
        record.Turn.Index,
        record.Turn.State,
        record.Turn.Text,
        record.Turn.Input,
        record.Turn.PictureDigest,
        record.Turn.Experts,
        record.Turn.Answer,
        record.Turn.VersionDigest,
        record.Template,
        record.TokenizerDigest,
        record.Sampling,
        record.MaxTokens,
        record.Turn.HistoryFrom,
        record.Turn.DroppedTurns,
        record.Turn.PromptTokens,
        record.Turn.CompletionTokens,
        record.PromptIds,
        record.AnswerIds,
        record.AnswerTokens,
        record.Turn.FinishReason,
        record.Turn.Error,
        record.Turn.CreatedAt,
        record.FinishedAt);
}
