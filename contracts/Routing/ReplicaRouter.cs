using System.Runtime.CompilerServices;
using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;

namespace Herd.Contracts.Routing;

/// <summary>Chooses replicas for generations, and goes on to the next where one cannot take a request.</summary>
public sealed class ReplicaRouter
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly RoutingTable _table;
    private readonly IGrainFactory _grains;

    /// <summary>Makes a router.</summary>
    /// <param name="table">The replicas.</param>
    /// <param name="grains">Reaches the cluster.</param>
    public ReplicaRouter(RoutingTable table, IGrainFactory grains)
    {
        _table = table;
        _grains = grains;
    }

    /// <summary>The replicas that can serve a version, best first: those that hold it, then the less loaded of two drawn at random.</summary>
    /// <param name="version">The version; null for the bare base.</param>
    /// <returns>The replicas; empty where there is none.</returns>
    public IReadOnlyList<ReplicaInfo> Candidates(AdapterVersion? version)
    {
        var fitting = _table.Replicas
            .Where(replica => replica is { State: ReplicaState.Ready, Base: not null } && (version is null || replica.Base.Digest == version.BaseDigest))
            .ToArray();
        Random.Shared.Shuffle(fitting);
        return [.. fitting.Chunk(2).SelectMany(pair => pair.OrderBy(Load)).OrderBy(replica => !Holds(replica, version))];
    }

    /// <summary>Generates on the first candidate that accepts. Where a replica is lost in the middle, another goes on behind what it sent.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="cancellationToken">Ends the generation.</param>
    /// <returns>The updates, as of one generation.</returns>
    /// <exception cref="HerdException">The request is wrong, no replica can take it now, or the answer cannot be gone on with.</exception>
    public IAsyncEnumerable<GenerationUpdate> Generate(GenerateRequest request, CancellationToken cancellationToken = default) =>
        GoOn(request, begun: null, cancellationToken);

    /// <summary>Like <see cref="Generate"/>, of an answer that may have begun already.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="begun">What the caller has of the answer; null for nothing.</param>
    /// <param name="cancellationToken">Ends the generation.</param>
    /// <returns>The updates that the caller does not have yet.</returns>
    /// <exception cref="HerdException">
    /// As for <see cref="Generate"/>. <see cref="HerdErrorCode.Restarted"/>: the replica answers otherwise than the one that began.
    /// </exception>
    public async IAsyncEnumerable<GenerationUpdate> GoOn(
        GenerateRequest request, BegunAnswer? begun, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var answer = new ReceivedAnswer(request, begun);
        while (!answer.IsFinished)
        {
            var updates = await StartAsync(answer.ToRequest(), cancellationToken).ConfigureAwait(false);
            var isLost = false;
            try
            {
                do
                {
                    if (answer.Take(updates.Current) is { } news)
                    {
                        yield return news;
                    }
                }
                while (await ContinueAsync(updates).ConfigureAwait(false));
                isLost = !answer.IsFinished;
            }
            finally
            {
                await updates.CloseAsync(isLost).ConfigureAwait(false);
            }
        }
    }

    private async Task<IAsyncEnumerator<GenerationUpdate>> StartAsync(GenerateRequest request, CancellationToken cancellationToken)
    {
        var full = false;
        foreach (var replica in Candidates(request.Version))
        {
            var updates = _grains.GetGrain<IModelGrain>(replica.ModelKey).Generate(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
            var isLost = false;
            try
            {
                if (await updates.MoveNextAsync().ConfigureAwait(false))
                {
                    return updates;
                }
            }
            catch (Exception exception) when (exception.MayServeElsewhere())
            {
                full |= exception is HerdException { Code: HerdErrorCode.Busy };
                isLost = exception.IsLoss();
            }
            catch
            {
                await updates.CloseAsync(isLost: false).ConfigureAwait(false);
                throw;
            }

            await updates.CloseAsync(isLost).ConfigureAwait(false);
        }

        throw full
            ? new HerdException(HerdErrorCode.Overloaded, "All replicas are full. Try again shortly.") { RetryAfter = RetryAfter }
            : Refusal(request.Version);
    }

    /// <returns>False at the end, and where the replica is lost.</returns>
    private static async Task<bool> ContinueAsync(IAsyncEnumerator<GenerationUpdate> updates)
    {
        try
        {
            return await updates.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception.MayServeElsewhere())
        {
            return false;
        }
    }

    private HerdException Refusal(AdapterVersion? version)
    {
        var bases = _table.Replicas.Where(replica => replica.State == ReplicaState.Ready).Select(replica => replica.Base?.Digest).ToArray();
        return version is not null && bases.Length > 0 && !bases.Contains(version.BaseDigest)
            ? new HerdException(
                HerdErrorCode.IncompatibleAdapter,
                $"The version is bound to base {version.BaseDigest}, which no replica serves now. Publish the adapter again for the base that is served.")
            : new HerdException(HerdErrorCode.Unavailable, "No replica can take the request now. Try again shortly.") { RetryAfter = RetryAfter };
    }

    private static bool Holds(ReplicaInfo replica, AdapterVersion? version) => version is null || replica.ResidentVersions.Contains(version.Digest);

    private static int Load(ReplicaInfo replica) => replica.RunningSequences + replica.WaitingSequences;
}
