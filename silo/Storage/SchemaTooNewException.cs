namespace Herd.Silo.Storage;

/// <summary>The database was written by a newer program than this one.</summary>
/// <param name="found">The database's schema version.</param>
/// <param name="known">The newest schema version this program knows.</param>
public sealed class SchemaTooNewException(int found, int known) : Exception(
    $"The database has schema version {found}, this program knows versions up to {known}. Run the newer program, or restore a database of this one.");
