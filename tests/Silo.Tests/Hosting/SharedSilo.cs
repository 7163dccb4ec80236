using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Hosting;

/// <summary>One silo for all tests that only need some silo; each uses a tenant of its own.</summary>
public sealed class SharedSilo() : DatabaseSilo(new SqliteStorage());
