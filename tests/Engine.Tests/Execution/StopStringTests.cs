using System.Text;
using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Herd.Engine.Tokenization;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>Stop strings in answers whose characters come byte by byte, so that characters and stop strings lie over the borders of tokens.</summary>
public sealed class StopStringTests
{
    private const int Tokens = 120;
    private const int Answers = 12;

    [Fact]
    public async Task GenerateAsync_AnswersOfBytes_EndBeforeTheStopStringThatIsCompleteFirst()
    {
        string[][] choices = [["é"], ["日"], ["aé", "日"], ["éa", "aéa", "a日"], ["\uFFFDé"], ["é\uFFFD", "aaa"], ["never"]];
        await using var engine = await TinyModel.LoadAsync();
        var tokenizer = Assert.IsType<SentencePieceTokenizer>(engine.Tokenizer);
        var pieces = Encoding.UTF8.GetBytes("é日").Distinct().Select(value => ByteId(tokenizer, value)).Append(tokenizer.Encode("xa", bos: false)[^1]);
        var bias = pieces.ToDictionary(id => id, _ => 100f);
        var (stoppedAnswers, bytes) = (0, 0);
        foreach (var seed in Enumerable.Range(0, Answers))
        {
            var request = new GenerationRequest
            {
                PromptIds = [1, 5, 9], MaxTokens = Tokens, IgnoreEnd = true, Sampling = new SamplingOptions { Temperature = 10, Seed = seed, LogitBias = bias },
            };
            var whole = await ReadAsync(engine, request);
            Assert.Equal(Tokens, whole.Ids.Length);
            bytes += whole.Ids.Count(id => tokenizer.TypeOf(id) == PieceType.Byte);
            var cut = await Task.WhenAll(choices.Select(stops => ReadAsync(engine, request with { StopStrings = stops })));
            foreach (var (stops, answer) in choices.Zip(cut))
            {
                Expect(tokenizer, whole, stops, answer);
                stoppedAnswers += answer.End.Reason == FinishReason.Stop ? 1 : 0;
            }
        }

        Assert.InRange(stoppedAnswers, Answers, (choices.Length - 1) * Answers);
        Assert.InRange(bytes, Answers * Tokens / 4, Answers * Tokens);
    }

    private static void Expect(LlamaTokenizer tokenizer, Answer whole, string[] stops, Answer answer)
    {
        var end = Enumerable.Range(1, whole.Text.Length).FirstOrDefault(length => stops.Any(stop => whole.Text[..length].EndsWith(stop, StringComparison.Ordinal)));
        var stopLength = end == 0 ? 0 : stops.Where(stop => whole.Text[..end].EndsWith(stop, StringComparison.Ordinal)).Max(stop => stop.Length);
        Assert.Equal(end == 0 ? whole.Text : whole.Text[..(end - stopLength)], answer.Text);
        Assert.Equal(end == 0 ? FinishReason.Length : FinishReason.Stop, answer.End.Reason);
        Assert.Equal(whole.Ids[..answer.Ids.Length], answer.Ids);
        Assert.StartsWith(tokenizer.Decode(answer.Ids.AsSpan(0, answer.End.AnswerTokens)), answer.Text, StringComparison.Ordinal);
        Assert.All(answer.Deltas, delta => Assert.Equal(delta, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(delta))));
    }

    private static Task<Answer> ReadAsync(TestEngine engine, GenerationRequest request) =>
        Answer.ReadAsync(engine.GenerateAsync(request, TestContext.Current.CancellationToken));

    private static int ByteId(SentencePieceTokenizer tokenizer, byte value) => Enumerable.Range(0, tokenizer.VocabularySize)
        .Single(id => tokenizer.TypeOf(id) == PieceType.Byte && tokenizer.Model.ByteOf[id] == value);
}
