namespace Herd.Engine.Training.Data;

/// <summary>What a source has met so far. A row counts once, however many passes meet it.</summary>
/// <param name="Rows">Rows of all files.</param>
/// <param name="Bad">Rows passed over, by their fault; only faults that were met.</param>
/// <param name="Cut">Rows that were longer than a row may be, and lost their end.</param>
/// <param name="Told">The first of the bad rows.</param>
public sealed record DataReport(long Rows, IReadOnlyDictionary<RowFault, long> Bad, long Cut, IReadOnlyList<BadRow> Told)
{
    /// <summary>All rows passed over.</summary>
    public long BadRows => Bad.Values.Sum();
}
