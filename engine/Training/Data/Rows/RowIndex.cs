using Herd.Engine.Checkpoints;

namespace Herd.Engine.Training.Data.Rows;

/// <summary>Where the rows of a file lie: eight bytes a row.</summary>
internal sealed class RowIndex
{
    private const int RowsBetweenMarks = 1024;
    private const int PieceBytes = 1 << 16;

    private readonly List<long> _starts;
    private readonly List<long> _lines; // of every 1024th row

    private RowIndex(List<long> starts, List<long> lines)
    {
        _starts = starts;
        _lines = lines;
    }

    public int Count => _starts.Count - 1;

    /// <summary>Where a row begins, and where the next one does.</summary>
    public (long Start, long End) this[int row] => (_starts[row], _starts[row + 1]);

    /// <summary>The line on which a row begins, from 1: counted from the last row whose line is known.</summary>
    public long LineOf(int row, FileBytes file)
    {
        var mark = row / RowsBetweenMarks;
        var line = _lines[mark];
        var buffer = new byte[PieceBytes];
        for (var offset = _starts[mark * RowsBetweenMarks]; offset < _starts[row]; offset += PieceBytes)
        {
            var piece = buffer.AsSpan(0, (int)Math.Min(PieceBytes, _starts[row] - offset));
            file.Read(offset, piece);
            line += piece.Count((byte)'\n');
        }

        return line;
    }

    /// <summary>Collects the rows of a file that is scanned.</summary>
    internal sealed class Builder
    {
        private readonly List<long> _starts = [];
        private readonly List<long> _lines = [];
        private long _line = 1;

        public void Add(long start)
        {
            if (_starts.Count % RowsBetweenMarks == 0)
            {
                _lines.Add(_line);
            }

            _starts.Add(start);
        }

        public void CountLine() => _line++;

        public RowIndex Finish(long length) => new([.. _starts, length], _lines);
    }
}
