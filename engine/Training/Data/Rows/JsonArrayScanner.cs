namespace Herd.Engine.Training.Data.Rows;

/// <summary>A row is an element of the array.</summary>
/// <remarks>
/// Damage in a row shall cost that row alone, as far as can be told: a string ends with its line at the latest, as JSON has it, and the array goes on
/// behind that line; an object where an object's next name is due is the next row; brackets that nothing opened are passed over.
/// </remarks>
internal sealed class JsonArrayScanner : RowScanner
{
    private const int InArray = 1;
    private const int InRow = 2;

    private int _depth;
    private bool _isInRow;
    private bool _isInText;
    private bool _isEscaped;
    private byte _last;

    protected override void Scan(byte value, long offset)
    {
        if (_isInText)
        {
            ScanText(value);
            return;
        }

        if (IsBlank(value))
        {
            return;
        }

        if (_depth == 0)
        {
            // In front of the array, or behind what seemed its end.
            _depth = InArray;
            if (value == (byte)'[' && _last == 0)
            {
                _last = value;
                return;
            }
        }

        ScanStructure(value, offset);
        _last = value;
    }

    private void ScanStructure(byte value, long offset)
    {
        if (_depth == InRow && value == (byte)'{' && _last == (byte)',')
        {
            (_depth, _isInRow) = (InArray, false);
        }

        switch (value)
        {
            case (byte)',' when _depth == InArray:
                _isInRow = false;
                return;
            case (byte)'}' when _depth == InArray:
                return;
            case (byte)'}' or (byte)']':
                _depth--;
                return;
        }

        if (!_isInRow)
        {
            _isInRow = true;
            Begin(offset);
        }

        _depth += value is (byte)'{' or (byte)'[' ? 1 : 0;
        _isInText = value == (byte)'"';
    }

    private void ScanText(byte value)
    {
        if (value == NewLine)
        {
            (_depth, _isInRow, _isInText, _isEscaped) = (InArray, false, false, false);
        }
        else if (_isEscaped)
        {
            _isEscaped = false;
        }
        else
        {
            _isEscaped = value == (byte)'\\';
            _isInText = value != (byte)'"';
        }
    }
}
