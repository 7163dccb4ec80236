using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Herd.Contracts.Experts;

namespace Herd.Gateway.OpenAi;

/// <summary>What all bodies of one response share.</summary>
/// <param name="Id">The response's id.</param>
/// <param name="Created">When it began, in seconds since 1970.</param>
/// <param name="Model">The model as the client named it.</param>
/// <param name="Fingerprint">The adapter version in force, <c>sha256:digest</c>; null for the bare base.</param>
internal sealed record AnswerHeader(string Id, long Created, string Model, string? Fingerprint);

/// <summary>A whole answer.</summary>
/// <param name="Index">Which one.</param>
/// <param name="Text">Its text.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="Tokens">Its tokens with their log-probabilities; null where they were not asked for.</param>
internal sealed record Answer(int Index, string Text, string FinishReason, TokenRun? Tokens = null);

/// <summary>The JSON form of answers: chat's or plain completions'.</summary>
internal abstract class AnswerForm
{
    /// <summary>The form of chat completions.</summary>
    public static AnswerForm Chat { get; } = new ChatForm();

    /// <summary>The form of plain completions.</summary>
    public static AnswerForm Plain { get; } = new PlainForm();

    /// <summary>What a response's id begins with.</summary>
    public abstract string IdPrefix { get; }

    /// <summary>The body of a response that is not streamed.</summary>
    /// <param name="header">What all bodies share.</param>
    /// <param name="answers">The answers.</param>
    /// <param name="usage">What was counted.</param>
    /// <param name="experts">What became of the experts.</param>
    /// <returns>JSON.</returns>
    public abstract byte[] Whole(AnswerHeader header, IEnumerable<Answer> answers, UsageBody usage, ImmutableArray<ExpertReport> experts);

    /// <summary>The first frame of a streamed answer, or null where the form has none.</summary>
    /// <param name="header">What all bodies share.</param>
    /// <param name="index">Which answer.</param>
    /// <returns>JSON.</returns>
    public abstract byte[]? Opening(AnswerHeader header, int index);

    /// <summary>A frame with more text.</summary>
    /// <param name="header">What all bodies share.</param>
    /// <param name="index">Which answer.</param>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="tokens">Tokens with their log-probabilities; null for none.</param>
    /// <returns>JSON.</returns>
    public abstract byte[] Delta(AnswerHeader header, int index, string text, TokenRun? tokens = null);

    /// <summary>The last frame of an answer.</summary>
    /// <param name="header">What all bodies share.</param>
    /// <param name="index">Which answer.</param>
    /// <param name="finishReason">Why it ended.</param>
    /// <param name="experts">What became of its experts.</param>
    /// <returns>JSON.</returns>
    public abstract byte[] Closing(AnswerHeader header, int index, string finishReason, ImmutableArray<ExpertReport> experts);

    /// <summary>The frame that says what was counted.</summary>
    /// <param name="header">What all bodies share.</param>
    /// <param name="usage">What was counted.</param>
    /// <returns>JSON.</returns>
    public abstract byte[] Counted(AnswerHeader header, UsageBody usage);

    private static byte[] Json<T>(T body, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(body, type);

    private sealed class ChatForm : AnswerForm
    {
        public override string IdPrefix => "chatcmpl-";

        public override byte[] Whole(AnswerHeader header, IEnumerable<Answer> answers, UsageBody usage, ImmutableArray<ExpertReport> experts) => Json(
            new ChatCompletion(
                header.Id,
                header.Created,
                header.Model,
                header.Fingerprint,
                [.. answers.Select(answer => new ChatChoice(answer.Index, new MessageBody("assistant", answer.Text), answer.FinishReason, ChatLogProbabilities.Of(answer.Tokens)))],
                usage,
                ExpertBody.Of(experts)),
            OpenAiJson.Default.ChatCompletion);

        public override byte[]? Opening(AnswerHeader header, int index) =>
            Chunk(header, new ChatDelta(index, new MessageBody("assistant", ""), null, null));

        public override byte[] Delta(AnswerHeader header, int index, string text, TokenRun? tokens) =>
            Chunk(header, new ChatDelta(index, new MessageBody(null, text), null, ChatLogProbabilities.Of(tokens)));

        public override byte[] Closing(AnswerHeader header, int index, string finishReason, ImmutableArray<ExpertReport> experts) =>
            Chunk(header, new ChatDelta(index, new MessageBody(null, null), finishReason, null), experts: ExpertBody.Of(experts));

        public override byte[] Counted(AnswerHeader header, UsageBody usage) => Chunk(header, null, usage);

        private static byte[] Chunk(AnswerHeader header, ChatDelta? delta, UsageBody? usage = null, IReadOnlyList<ExpertBody>? experts = null) => Json(
            new ChatChunk(header.Id, header.Created, header.Model, header.Fingerprint, delta is null ? [] : [delta], usage, experts),
            OpenAiJson.Default.ChatChunk);
    }

    private sealed class PlainForm : AnswerForm
    {
        public override string IdPrefix => "cmpl-";

        // A plain prompt has no place for what experts say.
        public override byte[] Whole(AnswerHeader header, IEnumerable<Answer> answers, UsageBody usage, ImmutableArray<ExpertReport> experts) =>
            Completion(header, answers.Select(answer => new TextChoice(answer.Index, answer.Text, answer.FinishReason, TextLogProbabilities.Of(answer.Tokens))), usage);

        public override byte[]? Opening(AnswerHeader header, int index) => null;

        public override byte[] Delta(AnswerHeader header, int index, string text, TokenRun? tokens) =>
            Completion(header, [new TextChoice(index, text, null, TextLogProbabilities.Of(tokens))], null);

        public override byte[] Closing(AnswerHeader header, int index, string finishReason, ImmutableArray<ExpertReport> experts) =>
            Completion(header, [new TextChoice(index, "", finishReason, null)], null);

        public override byte[] Counted(AnswerHeader header, UsageBody usage) => Completion(header, [], usage);

        private static byte[] Completion(AnswerHeader header, IEnumerable<TextChoice> choices, UsageBody? usage) => Json(
            new TextCompletion(header.Id, header.Created, header.Model, header.Fingerprint, [.. choices], usage),
            OpenAiJson.Default.TextCompletion);
    }
}
