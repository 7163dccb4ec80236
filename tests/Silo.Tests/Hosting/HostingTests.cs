using Dapper;
using Herd.Contracts.Keys;
using Herd.Silo.Storage;
using Herd.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Tests.Hosting;

public sealed class HostingTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_process_on_the_data_folder_is_refused_by_name()
    {
        await using var silo = await TestSilo.StartAsync(_folder.Path, Cancellation);
        using var second = TestSilo.Build(_folder.Path);

        var refused = await Assert.ThrowsAsync<DataFolderInUseException>(() => second.StartAsync(Cancellation));

        Assert.Contains(_folder.Path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Storage:DataFolder", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu:1")]
    [InlineData("cpu:1+cpu:2")]
    public async Task A_device_among_those_of_a_split_replica_is_refused_to_another_process(string device)
    {
        await using var silo = await TestSilo.StartAsync(_folder.Path, Cancellation, ("Storage:Shared", "true"), ("Replica:Device", "cpu:0+cpu:1"));
        await using var second = (IAsyncDisposable)TestSilo.Build(_folder.Path, ("Storage:Shared", "true"), ("Cluster:SiloName", "two"), ("Replica:Device", device));

        var refused = await Assert.ThrowsAsync<DataFolderInUseException>(() => ((IHost)second).StartAsync(Cancellation));

        Assert.Contains("device-cpu-1", refused.Message, StringComparison.Ordinal);
        Assert.Equal(GrainKeys.Model("test", "cpu:0+cpu:1"), silo.Table.Replicas.Single().ModelKey);
    }

    [Fact]
    public async Task A_stopped_process_leaves_the_data_folder_to_the_next()
    {
        await using (await TestSilo.StartAsync(_folder.Path, Cancellation))
        {
        }

        await using var next = await TestSilo.StartAsync(_folder.Path, Cancellation);
    }

    [Fact]
    public async Task An_older_program_refuses_a_newer_database()
    {
        await using var backend = new SqliteBackend(_folder.In("herd.db"));
        await new Migrator(backend).MigrateAsync(Cancellation);
        await using (var connection = await backend.Source.OpenConnectionAsync(Cancellation))
        {
            await connection.ExecuteAsync("INSERT INTO schema_version VALUES (9999, 'from the future')");
        }

        using var host = TestSilo.Build(_folder.Path);

        await Assert.ThrowsAsync<SchemaTooNewException>(() => host.StartAsync(Cancellation));
    }

    [Theory]
    [InlineData("Replica:Base", "")]
    [InlineData("Replica:Dtype", "float8")]
    [InlineData("Replica:Weights", "int4")]
    [InlineData("Cluster:SiloPort", "70000")]
    [InlineData("Cluster:SiloName", "Not A Name")]
    [InlineData("Cluster:Address", "localhost")]
    [InlineData("Adapters:WarmTimeout", "00:00:00")]
    [InlineData("Storage:Database", "mysql")]
    [InlineData("Storage:ConnectionString", "Host=db")]
    public async Task A_wrong_setting_is_named_before_anything_starts(string key, string value)
    {
        using var host = TestSilo.Build(_folder.Path, (key, value));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancellation));

        Assert.Contains(key.Split(':')[1], refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.In("herd.db")));
    }

    [Theory]
    [InlineData(null, "is required")]
    [InlineData("Database=herd;Password=secret", "names no Host")]
    [InlineData("Host=db;Password=some;secret", "cannot be read")]
    [InlineData("Host=db;Port=secret", "cannot be read")]
    [InlineData("Host=db;Password=secret;Command Timeout=30", "Command Timeout of 30 s")]
    [InlineData("Host=db;Password=secret;Timeout=0", "Timeout of 0 s")]
    public async Task A_connection_string_that_cannot_serve_is_refused_and_never_shown(string? connection, string said)
    {
        using var host = TestSilo.Build(_folder.Path, ("Storage:Database", "postgresql"), ("Storage:ConnectionString", connection ?? ""));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancellation));

        Assert.Contains("Storage:ConnectionString", refused.Message, StringComparison.Ordinal);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_may_not_migrate_refuses_an_old_database_and_names_the_command()
    {
        using var host = TestSilo.Build(_folder.Path, ("Storage:MigrateAtStart", "false"));

        var refused = await Assert.ThrowsAsync<SchemaTooOldException>(() => host.StartAsync(Cancellation));

        Assert.Contains("herd db migrate", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_setting_is_an_error()
    {
        using var host = TestSilo.Build(_folder.Path, ("Replica:Bsae", "typo"));

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(Cancellation));

        Assert.Contains("Bsae", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_base_that_is_not_there_fails_the_replica_with_its_reason_and_not_the_process()
    {
        using var host = TestSilo.Build(_folder.Path, ("Replica:Base", _folder.In("nothing")));
        await host.StartAsync(Cancellation);
        var startup = (Silo.Devices.ReplicaStartup)host.Services.GetService(typeof(Silo.Devices.ReplicaStartup))!;

        var failed = await Assert.ThrowsAnyAsync<Herd.Engine.EngineException>(() => startup.Ready.WaitAsync(Cancellation));

        Assert.Contains("nothing", failed.Message, StringComparison.Ordinal);
        await host.StopAsync(Cancellation);
    }
}
