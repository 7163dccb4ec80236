using CsCheck;
using Herd.Contracts.Models;
using Herd.Silo.Conversations;

namespace Herd.Silo.Tests.Conversations;

public sealed class AnswerBufferTests
{
    /// <summary>Answers as replicas send them: tokens with the text each completes, in messages of any size, with a rest at the end.</summary>
    private static readonly Gen<(string[][] Messages, string Tail)> Answers = Gen.Select(
        Gen.String[Gen.Char["ab "], 0, 3].Array[1, 5].Array[0, 6], Gen.String[Gen.Char["#"], 0, 2]);

    [Fact]
    public void A_reader_from_any_token_gets_what_follows_it_once() => Answers.Sample(answer =>
    {
        var whole = Fill(answer);
        var tokens = answer.Messages.SelectMany(message => message).ToArray();
        for (var from = 0; from <= tokens.Length; from++)
        {
            var taken = whole.From(from).Take();
            var expected = string.Concat(tokens.Skip(from)) + answer.Tail;
            Assert.Equal(Enumerable.Range(from, tokens.Length - from), taken?.Ids ?? []);
            Assert.Equal(expected, taken?.Text ?? "");
        }
    });

    [Fact]
    public void A_reader_that_comes_again_and_again_gets_everything_in_order() => Answers.Sample(answer =>
    {
        var buffer = new AnswerBuffer();
        var reader = buffer.From(0);
        var ids = new List<int>();
        var text = "";
        foreach (var message in Messages(answer))
        {
            buffer.Append(message);
            var taken = reader.Take();
            Assert.Null(reader.Take());
            Assert.Equal(ids.Count, taken?.FirstIndex ?? ids.Count);
            ids.AddRange(taken?.Ids ?? []);
            text += taken?.Text;
        }

        Assert.Equal(buffer.Ids, ids);
        Assert.Equal(buffer.Text, text);
    });

    [Fact]
    public void A_reader_ahead_of_the_answer_waits_for_its_token()
    {
        var buffer = new AnswerBuffer();
        var reader = buffer.From(2);
        buffer.Append(Message(0, ["a", "b"]));
        Assert.Null(reader.Take());

        buffer.Append(Message(2, ["c"]));

        var taken = reader.Take()!;
        Assert.Equal((2, "c"), (taken.FirstIndex, taken.Text));
    }

    private static AnswerBuffer Fill((string[][] Messages, string Tail) answer)
    {
        var buffer = new AnswerBuffer();
        foreach (var message in Messages(answer))
        {
            buffer.Append(message);
        }

        return buffer;
    }

    private static IEnumerable<TokensGenerated> Messages((string[][] Messages, string Tail) answer)
    {
        var index = 0;
        foreach (var message in answer.Messages)
        {
            yield return Message(index, message);
            index += message.Length;
        }

        yield return new TokensGenerated(index, [], answer.Tail);
    }

    private static TokensGenerated Message(int first, string[] texts) => new(first, [.. Enumerable.Range(first, texts.Length)], string.Concat(texts))
    {
        TextEnds = [.. texts.Select((_, i) => texts.Take(i + 1).Sum(text => text.Length))],
    };
}
