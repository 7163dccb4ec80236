using System.Text.Json;
using Herd.Contracts.Blobs;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Experts;
using Herd.Contracts.Models;
using Herd.Silo.Storage;

namespace Herd.Silo.Conversations;

/// <summary>A row of <c>turns</c>.</summary>
internal sealed class TurnRow
{
    public required string Tenant { get; init; }

    public required string Conversation { get; init; }

    public int Position { get; init; }

    public required string TurnId { get; init; }

    public int State { get; init; }

    public required string Text { get; init; }

    public string? Input { get; init; }

    public string? PictureDigest { get; init; }

    public long? PictureBytes { get; init; }

    public string? VersionDigest { get; init; }

    public int HistoryFrom { get; init; }

    public int DroppedTurns { get; init; }

    public required string Sampling { get; init; }

    public string? Experts { get; init; }

    public string? ExpertReports { get; init; }

    public string? Template { get; init; }

    public string? TokenizerDigest { get; init; }

    public long? Seed { get; init; }

    public int? MaxTokens { get; init; }

    public byte[]? PromptIds { get; init; }

    public int PromptTokens { get; init; }

    public byte[]? AnswerIds { get; init; }

    public int AnswerTokens { get; init; }

    public byte[]? AnswerTextEnds { get; init; }

    public required string Answer { get; init; }

    public int CompletionTokens { get; init; }

    public int? FinishReason { get; init; }

    public int? ErrorCode { get; init; }

    public string? Error { get; init; }

    public long CreatedAt { get; init; }

    public long? FinishedAt { get; init; }

    /// <summary>About how many bytes the row has.</summary>
    internal int Size => sizeof(char) * (Text.Length + (Input?.Length ?? 0) + Answer.Length + (ExpertReports?.Length ?? 0)) + (PromptIds?.Length ?? 0) + (AnswerIds?.Length ?? 0);

    internal static TurnRow From(StoredConversation conversation, StoredTurn turn) => new()
    {
        Tenant = conversation.Tenant,
        Conversation = conversation.Id,
        Position = turn.Position,
        TurnId = turn.TurnId,
        State = (int)turn.State,
        Text = Columns.OfText(turn.Text),
        Input = Columns.OfText(turn.Input),
        PictureDigest = turn.Picture?.Digest,
        PictureBytes = turn.Picture?.Length,
        VersionDigest = turn.VersionDigest,
        HistoryFrom = turn.HistoryFrom,
        DroppedTurns = turn.DroppedTurns,
        Sampling = JsonSerializer.Serialize(turn.Sampling),
        Experts = Columns.OfList(turn.Experts),
        ExpertReports = Columns.OfList(turn.Started?.Experts ?? []),
        Template = turn.Started?.Template,
        TokenizerDigest = turn.Started?.TokenizerDigest,
        Seed = turn.Started?.Seed,
        MaxTokens = turn.Started?.MaxTokens,
        PromptIds = turn.Started is { } started ? Columns.Of(started.PromptIds) : null,
        PromptTokens = turn.Started?.PromptTokens ?? 0,
        AnswerIds = Columns.Of(turn.AnswerIds),
        AnswerTokens = turn.AnswerTokens,
        AnswerTextEnds = Columns.Of(turn.AnswerTextEnds),
        Answer = Columns.OfText(turn.Answer),
        CompletionTokens = turn.CompletionTokens,
        FinishReason = (int?)turn.FinishReason,
        ErrorCode = (int?)turn.ErrorCode,
        Error = turn.Error,
        CreatedAt = Columns.Of(turn.CreatedAt),
        FinishedAt = turn.FinishedAt is { } moment ? Columns.Of(moment) : null,
    };

    internal StoredTurn ToTurn() => new()
    {
        TurnId = TurnId,
        Position = Position,
        State = (TurnState)State,
        Text = Columns.Text(Text),
        Input = Columns.Text(Input),
        Picture = PictureDigest is null ? null : new BlobRef(BlobArea.Pictures, PictureDigest, PictureBytes ?? 0),
        VersionDigest = VersionDigest,
        HistoryFrom = HistoryFrom,
        DroppedTurns = DroppedTurns,
        Sampling = JsonSerializer.Deserialize<SamplingParameters>(Sampling)!,
        Experts = Columns.List<string>(Experts),
        Started = TokenizerDigest is null ? null : new GenerationStarted
        {
            PromptIds = Columns.Ints(PromptIds),
            PromptTokens = PromptTokens,
            TokenizerDigest = TokenizerDigest,
            Template = Template,
            Seed = Seed ?? 0,
            MaxTokens = MaxTokens ?? 0,
            Experts = Columns.List<ExpertReport>(ExpertReports),
        },
        AnswerIds = Columns.Ints(AnswerIds),
        AnswerTokens = AnswerTokens,
        AnswerTextEnds = Columns.Ints(AnswerTextEnds),
        Answer = Columns.Text(Answer),
        CompletionTokens = CompletionTokens,
        FinishReason = (FinishReason?)FinishReason,
        ErrorCode = (HerdErrorCode?)ErrorCode,
        Error = Error,
        CreatedAt = Columns.Moment(CreatedAt),
        FinishedAt = Columns.Moment(FinishedAt),
    };
}
