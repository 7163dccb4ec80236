using System.Text;
using Grpc.Core;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>What a reader has of a turn's answer, over however many streams, checked message by message: each token once and in order, and the hash of all before it.</summary>
/// <param name="known">Ids that the reader has beforehand; they are not among <see cref="Ids"/>.</param>
internal sealed class TurnReading(params int[] known)
{
    private const ulong EmptyHash = 14695981039346656037;
    private const ulong HashPrime = 1099511628211;
    private const int TailId = -1;

    private readonly StringBuilder _text = new();

    /// <summary>Whether the answer may begin again.</summary>
    public bool MayRestart { get; init; }

    /// <summary>Index of the token that comes next.</summary>
    public int Count { get; private set; } = known.Length;

    /// <summary>The hash of all before it.</summary>
    public ulong Hash { get; private set; } = known.Aggregate(EmptyHash, Append);

    /// <summary>All ids that came.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>All text that came.</summary>
    public string Text => _text.ToString();

    /// <summary>How often the reader was told that the turn is accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>How often the answer began again.</summary>
    public int Restarts { get; private set; }

    /// <summary>The turn as it ended; null before.</summary>
    public Turn? Finished { get; private set; }

    /// <summary>Reads a stream to its end.</summary>
    /// <returns>The turn.</returns>
    public async Task<Turn> ReadAsync(AsyncServerStreamingCall<TurnUpdate> call, StreamWatch? watch, CancellationToken cancellationToken)
    {
        using var owned = call;
        await foreach (var update in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            switch (update.UpdateCase)
            {
                case TurnUpdate.UpdateOneofCase.Accepted:
                    // Told with the place that the reader names, right or wrong.
                    Accepted++;
                    continue;
                case TurnUpdate.UpdateOneofCase.Restarted:
                    Assert.True(MayRestart, "The answer began again.");
                    Restarts++;
                    (Count, Hash) = (0, EmptyHash);
                    break;
                case TurnUpdate.UpdateOneofCase.Tokens:
                    Take(update.Tokens, update.RunningHash);
                    break;
                case TurnUpdate.UpdateOneofCase.Finished:
                    Finished = update.Finished;
                    break;
            }

            Assert.Equal((Count, Hash), (update.NextIndex, update.RunningHash));
            watch?.Note(Count);
        }

        return Finished ?? throw new InvalidOperationException("The stream ended before the turn did.");
    }

    private void Take(TokensGenerated tokens, ulong told)
    {
        Assert.Equal(Count, tokens.FirstIndex);
        Count += tokens.Ids.Count;
        Ids.AddRange(tokens.Ids);
        _text.Append(tokens.Text);
        Hash = tokens.Ids.Aggregate(Hash, Append);

        // Text behind the last id counts as an id of its own.
        Hash = told == Hash ? Hash : Append(Hash, TailId);
    }

    private static ulong Append(ulong hash, int id) => BitConverter.GetBytes(id).Aggregate(hash, (value, part) => (value ^ part) * HashPrime);
}
