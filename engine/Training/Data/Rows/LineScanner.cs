namespace Herd.Engine.Training.Data.Rows;

/// <summary>A row is a line that is not blank.</summary>
internal sealed class LineScanner : RowScanner
{
    private bool _isIn;

    protected override void Scan(byte value, long offset)
    {
        if (value == NewLine)
        {
            _isIn = false;
        }
        else if (!_isIn && !IsBlank(value))
        {
            _isIn = true;
            Begin(Line);
        }
    }
}
