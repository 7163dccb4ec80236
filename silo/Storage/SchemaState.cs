namespace Herd.Silo.Storage;

/// <summary>A database's schema beside what this program knows.</summary>
/// <param name="Found">The version of the database; 0 where it has no schema yet.</param>
/// <param name="Known">The newest version this program knows.</param>
public sealed record SchemaState(int Found, int Known);
