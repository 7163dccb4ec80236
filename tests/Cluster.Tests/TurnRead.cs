using System.Text;
using Grpc.Core;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>What a reader has of a turn's answer, over however many streams. Each token must come once and in order.</summary>
internal sealed class TurnRead
{
    private readonly StringBuilder _text = new();

    /// <summary>How many ids have come.</summary>
    public int Count { get; private set; }

    /// <summary>The running hash of what has come.</summary>
    public ulong? Hash { get; private set; }

    /// <summary>The text so far.</summary>
    public string Text => _text.ToString();

    /// <summary>The turn as it ended; null before.</summary>
    public Turn? Finished { get; private set; }

    /// <summary>Reads a stream to its end.</summary>
    public async Task<TurnRead> ContinueAsync(AsyncServerStreamingCall<TurnUpdate> call, StreamWatch? watch, CancellationToken cancellationToken)
    {
        using var owned = call;
        await foreach (var update in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            Assert.NotEqual(TurnUpdate.UpdateOneofCase.Restarted, update.UpdateCase);
            if (update.Tokens is { } tokens)
            {
                Assert.Equal(Count, tokens.FirstIndex);
                Count += tokens.Ids.Count;
                _text.Append(tokens.Text);
            }

            (Hash, Finished) = (update.HasRunningHash ? update.RunningHash : Hash, update.Finished ?? Finished);
            watch?.Note(Count);
        }

        return this;
    }
}
