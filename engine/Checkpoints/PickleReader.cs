namespace Herd.Engine.Checkpoints;

/// <summary>Reads a pickle of protocol 2 to 5 into plain values: a stack machine with a white list of operations. It runs nothing.</summary>
/// <remarks>Operations: Python's pickletools. Dictionaries become <see cref="Dictionary{TKey, TValue}"/> with text keys, lists <see cref="List{T}"/>,
/// tuples arrays, whole numbers <see cref="long"/>.</remarks>
internal sealed class PickleReader
{
    private const int MaxOperations = 1 << 20;
    private const int MinProtocol = 2;
    private const int MaxProtocol = 5;

    private readonly PickleInput _input;
    private readonly PthGlobals _globals;
    private readonly Stack<List<object?>> _marked = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private List<object?> _stack = [];

    private PickleReader(PickleInput input, PthGlobals globals)
    {
        _input = input;
        _globals = globals;
    }

    /// <summary>Reads one pickle.</summary>
    /// <param name="bytes">The pickle.</param>
    /// <param name="path">The file it is from, for messages.</param>
    /// <param name="dataEntry">Finds the container's entry for a storage key.</param>
    internal static object? Read(byte[] bytes, string path, Func<string, ZipEntry?> dataEntry)
    {
        var input = new PickleInput(bytes, path);
        var reader = new PickleReader(input, new PthGlobals(input, dataEntry));
        if (input.Opcode() != PickleOpcode.Proto || input.Byte() is < MinProtocol or > MaxProtocol)
        {
            throw input.Refuse($"pickle protocol {MinProtocol} to {MaxProtocol}", "another one");
        }

        for (var operations = 0; operations < MaxOperations; operations++)
        {
            var opcode = input.Opcode();
            if (opcode == PickleOpcode.Stop)
            {
                return input.AtEnd ? reader.Pop() : throw input.Refuse("the end of the pickle", "more bytes");
            }

            reader.Execute(opcode);
        }

        throw input.Refuse($"at most {MaxOperations} operations", "more");
    }

    private void Execute(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Frame:
                _input.UInt64();
                break;
            case PickleOpcode.Mark:
                _marked.Push(_stack);
                _stack = [];
                break;
            case PickleOpcode.Append or PickleOpcode.Appends:
                Append(opcode == PickleOpcode.Append ? [Pop()] : PopMarked());
                break;
            case PickleOpcode.SetItem or PickleOpcode.SetItems:
                SetItems(opcode == PickleOpcode.SetItem ? PopMany(2) : PopMarked());
                break;
            case PickleOpcode.Build:
                Build(Pop());
                break;
            case PickleOpcode.BinPut:
                _memo[_input.Byte()] = Peek();
                break;
            case PickleOpcode.LongBinPut:
                _memo[_input.UInt32()] = Peek();
                break;
            case PickleOpcode.Memoize:
                _memo[(uint)_memo.Count] = Peek();
                break;
            default:
                // Taking the value may change which stack is the current one.
                var value = Value(opcode);
                _stack.Add(value);
                break;
        }
    }

    /// <summary>The operations that leave one value on the stack.</summary>
    private object? Value(PickleOpcode opcode)
    {
        return opcode switch
        {
            PickleOpcode.None => null,
            PickleOpcode.NewTrue => true,
            PickleOpcode.NewFalse => false,
            PickleOpcode.BinInt => (long)(int)_input.UInt32(),
            PickleOpcode.BinInt1 => (long)_input.Byte(),
            PickleOpcode.BinInt2 => (long)_input.UInt16(),
            PickleOpcode.Long1 => _input.Long(_input.Byte()),
            PickleOpcode.BinFloat => _input.Double(),
            PickleOpcode.ShortBinUnicode => _input.Text(_input.Byte()),
            PickleOpcode.BinUnicode => _input.Text(_input.UInt32()),
            PickleOpcode.BinUnicode8 => _input.Text(_input.UInt64()),
            PickleOpcode.EmptyDict => new Dictionary<string, object?>(),
            PickleOpcode.EmptyList => new List<object?>(),
            PickleOpcode.EmptyTuple => Array.Empty<object?>(),
            PickleOpcode.Tuple => PopMarked().ToArray(),
            PickleOpcode.Tuple1 => PopMany(1).ToArray(),
            PickleOpcode.Tuple2 => PopMany(2).ToArray(),
            PickleOpcode.Tuple3 => PopMany(3).ToArray(),
            PickleOpcode.BinGet => Recall(_input.Byte()),
            PickleOpcode.LongBinGet => Recall(_input.UInt32()),
            PickleOpcode.Global => _globals.Find(_input.Line(), _input.Line()),
            PickleOpcode.StackGlobal => StackGlobal(),
            PickleOpcode.BinPersistentId => _globals.FindStorage(Pop()),
            PickleOpcode.Reduce or PickleOpcode.NewObject => Reduce(),
            _ => throw _input.Refuse("a known pickle operation", $"0x{(byte)opcode:x2}"),
        };
    }

    private object StackGlobal()
    {
        return PopMany(2) is [string module, string name]
            ? _globals.Find(module, name)
            : throw _input.Refuse("two texts for a Python name", "other values");
    }

    private object? Reduce()
    {
        return PopMany(2) is [var callable, object?[] arguments]
            ? _globals.Reduce(callable, arguments)
            : throw _input.Refuse("a tuple of arguments", "another value");
    }

    private void Append(List<object?> values)
    {
        if (Peek() is not List<object?> list)
        {
            throw _input.Refuse("a list to append to", "another value");
        }

        list.AddRange(values);
    }

    private void SetItems(List<object?> values)
    {
        if (Peek() is not Dictionary<string, object?> dictionary || values.Count % 2 != 0)
        {
            throw _input.Refuse("a dictionary and pairs to put into it", "other values");
        }

        for (var i = 0; i < values.Count; i += 2)
        {
            if (values[i] is not string key)
            {
                throw _input.Refuse("text as dictionary keys", "another value");
            }

            if (!dictionary.TryAdd(key, values[i + 1]))
            {
                throw _input.Refuse("every dictionary key once", $"{CheckpointException.Quote(key)} twice");
            }
        }
    }

    private void Build(object? state)
    {
        switch (Peek())
        {
            case PthModule module when state is Dictionary<string, object?> attributes && module.TrySet(attributes):
            case Dictionary<string, object?> when state is Dictionary<string, object?>:
                // PyTorch hangs version numbers on a state dictionary, as attributes of it. They are not needed.
                break;
            case PthModule:
                throw _input.Refuse("the attributes of a module, by name and once", "others");
            default:
                throw _input.Refuse("attributes of a state dictionary", "another value");
        }
    }

    private object? Recall(uint index)
    {
        return _memo.TryGetValue(index, out var value) ? value : throw _input.Refuse("a value remembered before", "none");
    }

    private object? Peek()
    {
        return _stack.Count > 0 ? _stack[^1] : throw _input.Refuse("a value on the stack", "none");
    }

    private object? Pop()
    {
        return PopMany(1)[0];
    }

    private List<object?> PopMany(int count)
    {
        if (_stack.Count < count)
        {
            throw _input.Refuse($"{count} values on the stack", $"{_stack.Count}");
        }

        var popped = _stack.GetRange(_stack.Count - count, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return popped;
    }

    private List<object?> PopMarked()
    {
        if (!_marked.TryPop(out var below))
        {
            throw _input.Refuse("a mark on the stack", "none");
        }

        var popped = _stack;
        _stack = below;
        return popped;
    }
}
