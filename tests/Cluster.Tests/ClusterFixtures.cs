using Herd.Testing.Cluster;
using Herd.Testing.Postgres;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

// One cluster at a time: each is five processes that compute.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace Herd.Cluster.Tests;

/// <summary>A cluster for the tests of a collection.</summary>
/// <param name="mode">What the gateways are to it.</param>
/// <param name="onPostgres">Whether its database is PostgreSQL, and not SQLite.</param>
public abstract class ClusterFixture(string mode, bool onPostgres) : IAsyncLifetime
{
    private HerdCluster? _cluster;

    /// <summary>The cluster; skips the test where this machine has no PostgreSQL for it.</summary>
    internal HerdCluster Cluster
    {
        get
        {
            Assert.SkipWhen(_cluster is null, PostgresPrograms.Missing ?? "");
            return _cluster!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!onPostgres || PostgresPrograms.Missing is null)
        {
            var storage = onPostgres ? await ClusterStorage.OnPostgresAsync(CancellationToken.None) : ClusterStorage.OnSqlite();
            _cluster = await HerdCluster.StartAsync(mode, storage, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_cluster?.DisposeAsync() ?? default);
        GC.SuppressFinalize(this);
    }
}

/// <summary>Gateways that are members, on SQLite.</summary>
[CollectionDefinition("members")]
public sealed class MembersOnSqlite() : ClusterFixture("member", onPostgres: false), ICollectionFixture<MembersOnSqlite>;

/// <summary>Gateways that are clients, on PostgreSQL.</summary>
[CollectionDefinition("clients")]
public sealed class ClientsOnPostgres() : ClusterFixture("client", onPostgres: true), ICollectionFixture<ClientsOnPostgres>;
