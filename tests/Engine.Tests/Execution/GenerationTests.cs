using System.Text;
using CsCheck;
using Herd.Engine.Execution;
using Herd.Engine.Sampling;
using Herd.Engine.Tokenization;
using Xunit;

namespace Herd.Engine.Tests.Execution;

/// <summary>What a generation tells its reader about the tokens chosen for it.</summary>
public sealed class GenerationTests
{
    private static readonly SentencePieceTokenizer Tokenizer = (SentencePieceTokenizer)LlamaTokenizer.Load(TinyModel.Options.TokenizerFile!);
    private static readonly string[] Vocabulary = ["the", " cat", "é", "日本", "🙂", "\n", "User:", "aab", "#", " ", "ß"];
    private static readonly Gen<string> Words = Gen.Int[0, Vocabulary.Length - 1].Select(index => Vocabulary[index]);

    /// <summary>Tokens of texts with characters of one to four bytes, and any tokens at all, broken characters among them.</summary>
    private static readonly Gen<int[]> Answers = Gen.OneOf(
        Words.Array[1, 8].Select(words => Tokenizer.Encode(string.Concat(words), bos: false)),
        Gen.Int[3, 511].Array[1, 12],
        Gen.Int[3, 258].Array[1, 12]);

    [Fact]
    public void Continue_AnyTokensAndStopStrings_TellsTheTextBeforeTheFirstStop()
    {
        Gen.Select(Answers, Gen.Int[0, 40], Gen.Int[1, 4], Words).Sample((ids, from, length, word) =>
        {
            var whole = Tokenizer.Decode(ids);
            var runes = whole.EnumerateRunes().Skip(from % (whole.Length + 1)).Take(length).ToArray();
            string[] stops = runes.Length == 0 ? [word] : [word, string.Concat(runes)];
            var answer = Feed(new GenerationRequest { PromptIds = [1], MaxTokens = ids.Length, StopStrings = stops }, ids);

            Assert.DoesNotContain(stops, stop => answer.Text.Contains(stop, StringComparison.Ordinal));
            Assert.All(answer.Deltas, delta => Assert.Equal(delta, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(delta))));
            var decoded = Tokenizer.Decode(answer.Ids);
            if (answer.End.Reason == FinishReason.Length)
            {
                Assert.Equal(whole, answer.Text);
                Assert.Equal(ids.Length, answer.End.AnswerTokens);
            }
            else
            {
                Assert.Contains(stops, stop => decoded.StartsWith(answer.Text + stop, StringComparison.Ordinal));
                Assert.Equal(TokensWithin(answer), answer.End.AnswerTokens);
            }
        });
    }

    [Fact]
    public void Continue_AStopStringOfSeveralBytes_CountsNoneOfItsBytesAsAnswer()
    {
        int[] ids = [.. Tokenizer.Encode("the", bos: false), .. Encoding.UTF8.GetBytes("é").Select(ByteId)];
        var answer = Feed(new GenerationRequest { PromptIds = [1], MaxTokens = 50, StopStrings = ["é"] }, ids);
        Assert.Equal("the", answer.Text);
        Assert.Equal(ids.Length, answer.End.CompletionTokens);
        Assert.Equal(ids.Length - 2, answer.End.AnswerTokens);
    }

    [Fact]
    public void Continue_TheEndToken_EndsWithoutBeingCounted()
    {
        var ids = Tokenizer.Encode("the cat", bos: false, eos: true);
        var answer = Feed(new GenerationRequest { PromptIds = [1], MaxTokens = 50 }, ids);
        Assert.Equal("the cat", answer.Text);
        Assert.Equal((FinishReason.Stop, 1, ids.Length - 1, ids.Length - 1), (answer.End.Reason, answer.End.PromptTokens, answer.End.CompletionTokens, answer.End.AnswerTokens));
    }

    [Fact]
    public void Continue_TheBeginningOfAStopStringAtTheEnd_IsToldAfterAll()
    {
        var ids = Tokenizer.Encode("the cat Use", bos: false);
        var answer = Feed(new GenerationRequest { PromptIds = [1], MaxTokens = ids.Length, StopStrings = ["User:"] }, ids);
        Assert.Equal("the cat Use", answer.Text);
        Assert.Equal(FinishReason.Length, answer.End.Reason);
        Assert.Equal("Use", answer.Deltas[^1][^3..]);
    }

    [Fact]
    public void Continue_BehindTokensOfBefore_TellsTheRestAlone()
    {
        Gen.Select(Answers.Where(ids => ids.Length > 1), Gen.Int[1, 100], Words).Sample((ids, part, stop) =>
        {
            var request = new GenerationRequest { PromptIds = [1], MaxTokens = ids.Length, StopStrings = [stop] };
            var whole = Feed(request, ids);
            var before = Math.Min(part % ids.Length, whole.Ids.Length - 1);
            var rest = Feed(request with { ResumeIds = ids[..before] }, ids[before..]);

            Assert.Equal(whole.Ids[before..], rest.Ids);
            Assert.Equal(string.Concat(whole.Deltas[before..]), rest.Text);
            Assert.Equal(whole.End with { Text = "", TimeToFirstToken = default, Duration = default }, rest.End with { Text = "", TimeToFirstToken = default, Duration = default });
        });
    }

    [Fact]
    public void Constructor_TokensOfBeforeThatEndWithAStopString_EndsAtOnce()
    {
        var ids = Tokenizer.Encode("the User:", bos: false);
        var generation = Make(new GenerationRequest { PromptIds = [1], MaxTokens = 50, StopStrings = ["User:"], ResumeIds = ids });
        Assert.True(generation.EndsAtOnce);
        generation.Complete(null);
        Assert.True(generation.Events.TryRead(out var last));
        Assert.Equal(FinishReason.Stop, Assert.IsType<GenerationFinished>(last).Reason);
        Assert.False(generation.Events.TryRead(out _));
    }

    /// <summary>The most leading tokens whose text is whole and lies within the answer's.</summary>
    private static int TokensWithin(Answer answer)
    {
        var (decoder, length, most) = (new StreamingDecoder(Tokenizer), 0, 0);
        foreach (var (index, id) in answer.Ids.Index())
        {
            length += decoder.Append(id).Length;
            var isWhole = Tokenizer.Decode(answer.Ids.AsSpan(0, index + 1)).Length == length;
            most = isWhole && length <= answer.Text.Length ? index + 1 : most;
        }

        return most;
    }

    private static int ByteId(byte value) => Enumerable.Range(0, Tokenizer.VocabularySize)
        .Single(id => Tokenizer.TypeOf(id) == PieceType.Byte && Tokenizer.Model.ByteOf[id] == value);

    private static Generation Make(GenerationRequest request) => new(1, request, null, null, Tokenizer, Tokenizer.EndIds, TimeProvider.System);

    /// <summary>Makes a model that wants exactly these tokens, until the generation ends.</summary>
    private static Answer Feed(GenerationRequest request, int[] ids)
    {
        var (generation, sampler) = (Make(request), new Sampler());
        foreach (var id in ids)
        {
            var logits = new float[Tokenizer.VocabularySize];
            logits[id] = 1;
            if (generation.Continue(logits, sampler))
            {
                break;
            }
        }

        generation.Complete(null);
        var events = new List<GenerationEvent>();
        while (generation.Events.TryRead(out var happened))
        {
            events.Add(happened);
        }

        return new Answer([.. events.OfType<TokenGenerated>().Select(token => token.TokenId)], [], [.. events.Select(happened => happened.Text)], Assert.IsType<GenerationFinished>(events[^1]));
    }
}
