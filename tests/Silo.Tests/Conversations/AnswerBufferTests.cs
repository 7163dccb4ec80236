using CsCheck;
using Herd.Contracts.Conversations;
using Herd.Contracts.Models;
using Herd.Silo.Conversations;

namespace Herd.Silo.Tests.Conversations;

public sealed class AnswerBufferTests
{
    /// <summary>Answers as replicas send them: tokens with the text each completes, in messages of any size, with a rest at the end.</summary>
    private static readonly Gen<(string[][] Messages, string Tail)> Answers = Gen.Select(
        Gen.String[Gen.Char["ab "], 0, 3].Array[1, 5].Array[0, 6], Gen.String[Gen.Char["#"], 0, 2]);

    [Fact]
    public void Readers_cut_off_anywhere_and_in_any_order_get_the_exact_answer() => Gen.Select(
        Answers, Gen.Int[0, 3].Array[0, 60], Gen.Bool.Array[0, 60]).Sample((answer, order, cuts) =>
    {
        var buffer = new AnswerBuffer();
        var readers = Enumerable.Range(0, 3).Select(_ => new Following(buffer)).ToArray();
        var messages = new Queue<TokensGenerated>(Messages(answer));
        for (var i = 0; i < order.Length; i++)
        {
            if (order[i] < readers.Length)
            {
                readers[order[i]].Read(i < cuts.Length && cuts[i]);
            }
            else if (messages.TryDequeue(out var message))
            {
                buffer.Append(message);
            }
        }

        foreach (var message in messages)
        {
            buffer.Append(message);
        }

        buffer.End();
        Assert.All(readers, reader => reader.Read(cut: true));
        Assert.All(readers, reader => reader.AssertHas(answer));
    });

    [Fact]
    public void A_reader_from_any_token_gets_what_follows_it_once() => Answers.Sample(answer =>
    {
        var whole = Fill(answer);
        var tokens = answer.Messages.SelectMany(message => message).ToArray();
        for (var from = 0; from <= tokens.Length; from++)
        {
            var taken = (TurnTokens?)new AnswerReader(whole, "t", from, null).Take();
            Assert.Equal(Enumerable.Range(from, tokens.Length - from), taken?.Ids ?? []);
            Assert.Equal(string.Concat(tokens.Skip(from)) + answer.Tail, taken?.Text ?? "");
        }
    });

    [Fact]
    public void A_reader_ahead_of_the_answer_waits_for_its_token_and_is_compared_there()
    {
        var buffer = new AnswerBuffer();
        var same = new AnswerReader(buffer, "t", 2, RunningHash.Append(RunningHash.Empty, [0, 1]));
        var other = new AnswerReader(buffer, "t", 2, RunningHash.Append(RunningHash.Empty, [0, 7]));
        buffer.Append(Message(0, ["a"]));
        Assert.Null(same.Take());
        Assert.Null(other.Take());

        buffer.Append(Message(1, ["b", "c"]));

        Assert.Equal("c", Assert.IsType<TurnTokens>(same.Take()).Text);
        Assert.IsType<AnswerRestarted>(other.Take());
        Assert.Equal("abc", Assert.IsType<TurnTokens>(other.Take()).Text);
    }

    [Fact]
    public void A_reader_beyond_the_end_of_the_answer_begins_again()
    {
        var buffer = Fill(([["a", "b"]], ""));
        buffer.End();
        var reader = new AnswerReader(buffer, "t", 3, null);

        Assert.IsType<AnswerRestarted>(reader.Take());
        Assert.Equal("ab", Assert.IsType<TurnTokens>(reader.Take()).Text);
    }

    [Fact]
    public void Readers_of_an_answer_that_begins_anew_are_told_and_get_the_new_one_alone()
    {
        var buffer = Fill(([["a", "b"]], ""));
        var late = new AnswerReader(buffer, "t", 0, null);
        var early = new AnswerReader(buffer, "t", 0, null);
        early.Take();

        buffer.Restart();
        buffer.Append(Message(0, ["x"]));

        Assert.Equal(new AnswerPosition("t", 0, RunningHash.Empty), Assert.IsType<AnswerRestarted>(early.Take()).Position);
        Assert.Equal("x", Assert.IsType<TurnTokens>(early.Take()).Text);
        Assert.Equal("x", Assert.IsType<TurnTokens>(late.Take()).Text);
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

    /// <summary>A client that keeps what it read, and comes back with its last position when it was cut off.</summary>
    private sealed class Following(AnswerBuffer buffer)
    {
        private readonly List<int> _ids = [];
        private AnswerReader _reader = new(buffer, "t", 0, RunningHash.Empty);
        private string _text = "";

        internal void Read(bool cut)
        {
            if (cut)
            {
                _reader = new AnswerReader(buffer, "t", _reader.Position.Index, _reader.Position.Hash);
            }

            while (_reader.Take() is { } update)
            {
                var tokens = Assert.IsType<TurnTokens>(update);
                Assert.Equal(_ids.Count, tokens.FirstIndex);
                _ids.AddRange(tokens.Ids);
                _text += tokens.Text;
            }
        }

        internal void AssertHas((string[][] Messages, string Tail) answer)
        {
            var tokens = answer.Messages.SelectMany(message => message).ToArray();
            var hash = RunningHash.Append(RunningHash.Empty, Enumerable.Range(0, tokens.Length));
            Assert.Equal(Enumerable.Range(0, tokens.Length), _ids);
            Assert.Equal(string.Concat(tokens) + answer.Tail, _text);
            Assert.Equal(answer.Tail.Length > 0 ? RunningHash.Append(hash, RunningHash.Tail) : hash, _reader.Position.Hash);
        }
    }
}
