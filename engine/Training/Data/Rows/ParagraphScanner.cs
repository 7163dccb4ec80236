namespace Herd.Engine.Training.Data.Rows;

/// <summary>A row is as many lines as follow each other without a blank one.</summary>
internal sealed class ParagraphScanner : RowScanner
{
    private bool _isLineBlank = true;
    private bool _isIn;

    protected override void Scan(byte value, long offset)
    {
        if (value == NewLine)
        {
            _isIn &= !_isLineBlank;
            _isLineBlank = true;
        }
        else if (!IsBlank(value))
        {
            _isLineBlank = false;
            if (!_isIn)
            {
                _isIn = true;
                Begin(Line);
            }
        }
    }
}
