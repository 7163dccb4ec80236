using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Hosting;

/// <summary>The shared silo over PostgreSQL.</summary>
public sealed class PostgresSilo(SharedPostgres server) : DatabaseSilo(new PostgresStorage(server));
