namespace Herd.Silo.Storage;

/// <summary>The database cannot be used at the start.</summary>
/// <param name="place">Where it is.</param>
/// <param name="inner">What the driver reported.</param>
public sealed class DatabaseUnavailableException(string place, Exception inner) : Exception($"{place} cannot be used: {inner.Message.TrimEnd('.')}.", inner);
