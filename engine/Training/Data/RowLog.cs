using System.Collections;

namespace Herd.Engine.Training.Data;

/// <summary>Counts bad and cut rows, each once: two bits a row.</summary>
/// <param name="rows">Rows of all files.</param>
/// <param name="mostTold">Bad rows that are kept to be told one by one.</param>
internal sealed class RowLog(int rows, int mostTold)
{
    private readonly BitArray _bad = new(rows);
    private readonly BitArray _cut = new(rows);
    private readonly SortedDictionary<RowFault, long> _faults = [];
    private readonly List<BadRow> _told = [];
    private long _cutRows;

    /// <summary>Rows that are known to be bad.</summary>
    public long BadRows => _faults.Values.Sum();

    public DataReport Report => new(rows, new Dictionary<RowFault, long>(_faults), _cutRows, [.. _told]);

    /// <param name="row">The row, counted through all files.</param>
    /// <param name="fault">The fault it has.</param>
    /// <param name="describe">Finds file, line and reason, which is work.</param>
    public void AddBad(int row, RowFault fault, Func<BadRow> describe)
    {
        if (_bad[row])
        {
            return;
        }

        _bad[row] = true;
        _faults[fault] = _faults.GetValueOrDefault(fault) + 1;
        if (_told.Count < mostTold)
        {
            _told.Add(describe());
        }
    }

    /// <param name="row">The row, counted through all files.</param>
    public void AddCut(int row)
    {
        _cutRows += _cut[row] ? 0 : 1;
        _cut[row] = true;
    }
}
