using System.Collections.Concurrent;
using Herd.Faults.Histories;
using Herd.Protos.V1;
using Herd.Testing.Cluster;

namespace Herd.Faults.Load;

/// <summary>A tenant with what its clients know.</summary>
/// <param name="number">Its number.</param>
/// <param name="clients">Its connections.</param>
/// <param name="initial">Digests of the initial forms; the alias points to the first.</param>
internal sealed class LoadTenant(int number, ClusterTenant clients, IReadOnlyList<string> initial)
{
    private readonly ConcurrentDictionary<string, Voice> _versions =
        new(initial.Select((digest, form) => KeyValuePair.Create(digest, AdapterForm.Initial[form].Voice)), StringComparer.Ordinal);

    public int Number => number;

    public ClusterTenant Clients => clients;

    public UsageLedger Usage { get; } = new();

    public AliasLog Live { get; } = new(initial[0]);

    /// <summary>Versions whose upload was acknowledged.</summary>
    public ICollection<string> Versions => _versions.Keys;

    /// <summary>All conversations that were begun.</summary>
    public ConcurrentQueue<ConversationRecord> Conversations { get; } = [];

    /// <summary>An upload was acknowledged.</summary>
    public void Acknowledge(string digest, Voice voice) => _versions[digest] = voice;

    /// <summary>How a version answers; an empty digest means the base.</summary>
    public Voice? VoiceOf(string digest) => digest.Length == 0 ? Voice.Base : _versions.TryGetValue(digest, out var voice) ? voice : null;

    /// <summary>A model whose answers do not change.</summary>
    public string ModelOf(Voice voice) => voice == Voice.Base ? "base" : Requests.Pinned(initial.First(digest => VoiceOf(digest) == voice));

    /// <summary>Makes a tenant with all voices.</summary>
    public static async Task<LoadTenant> MakeAsync(HerdCluster cluster, int number, CancellationToken cancellationToken)
    {
        var clients = await cluster.NewTenantAsync(cancellationToken);
        var digests = new List<string>();
        foreach (var form in AdapterForm.Initial)
        {
            digests.Add(await Requests.UploadAsync(clients, 0, form, cancellationToken));
        }

        await new AdapterService.AdapterServiceClient(clients.Channels[0]).MoveAliasAsync(
            new MoveAliasRequest { Name = Requests.Adapter, Alias = Requests.Alias, Version = digests[0] }, clients.Metadata, cancellationToken: cancellationToken);
        return new LoadTenant(number, clients, digests);
    }
}
