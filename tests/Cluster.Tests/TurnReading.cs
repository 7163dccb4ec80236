using Grpc.Core;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Cluster.Tests;

/// <summary>What one reader got of a turn, checked message by message: each token once, and the hash of all before it.</summary>
internal sealed class TurnReading
{
    private const ulong EmptyHash = 14695981039346656037;
    private const ulong HashPrime = 1099511628211;
    private const int TailId = -1;

    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _hash = EmptyHash;

    /// <summary>Ends when the first tokens have come.</summary>
    public Task Begun => _begun.Task;

    /// <summary>All ids so far.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>All text so far.</summary>
    public string Text { get; private set; } = "";

    /// <summary>How often the reader was told that the turn is accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>How often the answer began again.</summary>
    public int Restarts { get; private set; }

    /// <summary>The hash of what was read after a number of tokens.</summary>
    public static ulong HashOf(IEnumerable<int> ids) => ids.Aggregate(EmptyHash, Append);

    /// <summary>Reads to the end.</summary>
    /// <param name="call">The stream.</param>
    /// <param name="from">How many tokens are known already; they are not compared.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The turn.</returns>
    public async Task<Turn> ReadAsync(AsyncServerStreamingCall<TurnUpdate> call, IReadOnlyList<int> from, CancellationToken cancellationToken)
    {
        using var owned = call;
        var next = from.Count;
        _hash = HashOf(from);
        await foreach (var update in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            switch (update.UpdateCase)
            {
                case TurnUpdate.UpdateOneofCase.Accepted:
                    // Told with the place that the reader names, right or wrong.
                    Accepted++;
                    continue;
                case TurnUpdate.UpdateOneofCase.Restarted:
                    Restarts++;
                    (next, _hash) = (0, EmptyHash);
                    break;
                case TurnUpdate.UpdateOneofCase.Tokens:
                    Assert.Equal(next, update.Tokens.FirstIndex);
                    next += update.Tokens.Ids.Count;
                    Take(update.Tokens, update.RunningHash);
                    break;
                case TurnUpdate.UpdateOneofCase.Finished:
                    Assert.Equal((next, _hash), (update.NextIndex, update.RunningHash));
                    return update.Finished;
            }

            Assert.Equal((next, _hash), (update.NextIndex, update.RunningHash));
        }

        throw new InvalidOperationException("The stream ended before the turn did.");
    }

    private void Take(TokensGenerated tokens, ulong told)
    {
        Ids.AddRange(tokens.Ids);
        Text += tokens.Text;
        _hash = tokens.Ids.Aggregate(_hash, Append);

        // Text behind the last id counts as an id of its own.
        _hash = told == _hash ? _hash : Append(_hash, TailId);
        _begun.TrySetResult();
    }

    private static ulong Append(ulong hash, int id) => BitConverter.GetBytes(id).Aggregate(hash, (value, part) => (value ^ part) * HashPrime);
}
