namespace Herd.Silo.Storage;

/// <summary>The database has yet to be migrated, and this process may not do it.</summary>
/// <param name="found">The database's schema version; 0 where it has none.</param>
/// <param name="known">The schema version this program needs.</param>
public sealed class SchemaTooOldException(int found, int known) : Exception(
    $"The database has schema version {found}, this program needs version {known}. Run 'herd db migrate', or set Storage:MigrateAtStart to true.");
