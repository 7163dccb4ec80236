namespace Herd.Engine.Checkpoints;

/// <summary>Acts on the names and references that a PyTorch pickle may hold.</summary>
internal sealed class PthGlobals(PickleInput input, Func<string, ZipEntry?> dataEntry)
{
    private const string ScriptModule = "__torch__";

    /// <summary>The meaning of a global name; a name outside the white list is refused by that name.</summary>
    internal object Find(string module, string name)
    {
        return (module, name) switch
        {
            ("collections", "OrderedDict") => PthGlobal.OrderedDictionary,
            ("torch._utils", "_rebuild_tensor_v2") => PthGlobal.RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => PthGlobal.RebuildParameter,
            ("torch.jit._pickle", "build_intlist" or "build_doublelist" or "build_boollist" or "build_tensorlist") => PthGlobal.ScriptList,
            ("torch.jit._pickle", "restore_type_tag") => PthGlobal.ScriptTag,
            _ when module == ScriptModule || module.StartsWith(ScriptModule + ".", StringComparison.Ordinal) => PthGlobal.ScriptClass,
            ("torch", _) when StoredType.OfStorage(name) is { } type => type,
            _ => throw input.Refuse("tensors and plain values", $"{CheckpointException.Quote($"{module}.{name}")}, which is not allowed"),
        };
    }

    /// <summary>A reference <c>('storage', class, key, location, count)</c>.</summary>
    internal PthStorage FindStorage(object? reference)
    {
        if (reference is not object?[] parts || parts is not ["storage", StoredType type, string key, string, long count])
        {
            throw input.Refuse("a reference to a storage", "another reference");
        }

        if (dataEntry(key) is not { } entry)
        {
            throw input.Refuse($"the entry {CheckpointException.Quote($"data/{key}")}", "none");
        }

        if (count < 0 || count > entry.Length || count * type.Size != entry.Length)
        {
            throw input.Refuse($"{count} elements of {type.Storage} in {CheckpointException.Quote(entry.Name)}", $"{entry.Length} bytes");
        }

        return new PthStorage(type, entry, count);
    }

    internal object? Reduce(object? callable, object?[] arguments)
    {
        return (callable, arguments) switch
        {
            (PthGlobal.OrderedDictionary, []) => new Dictionary<string, object?>(),
            // What may follow: whether it takes gradients, its hooks, and further attributes; of the last two only empty ones.
            (PthGlobal.RebuildTensor, [PthStorage storage, long offset, object?[] shape, object?[] strides, bool, .. { Length: 1 or 2 } rest])
                when Array.TrueForAll(rest, IsEmpty) => Rebuild(storage, offset, shape, strides),
            (PthGlobal.RebuildParameter, [PthTensor tensor, bool, var hooks]) when IsEmpty(hooks) => tensor,
            (PthGlobal.ScriptClass, []) => new PthModule(),
            (PthGlobal.ScriptList, [List<object?> items]) => items,
            (PthGlobal.ScriptTag, [var value, string]) => value,
            (PthGlobal known, _) => throw input.Refuse("a known form of tensor or dictionary", $"{known} with {arguments.Length} other arguments"),
            _ => throw input.Refuse("a known form of tensor or dictionary", "another call"),
        };
    }

    private static bool IsEmpty(object? value)
    {
        return value is null or Dictionary<string, object?> { Count: 0 };
    }

    private PthTensor Rebuild(PthStorage storage, long offset, object?[] shapeParts, object?[] strideParts)
    {
        var shape = Integers(shapeParts);
        var strides = Integers(strideParts);
        if (storage.Type.Count(shape) is not { } count || strides.Length != shape.Length || strides.Any(stride => stride < 0))
        {
            throw input.Refuse("a shape with as many strides, none negative", Describe(shape, offset, strides));
        }

        Int128 span = count == 0 ? 0 : 1;
        for (var axis = 0; axis < shape.Length && count > 0; axis++)
        {
            span += (Int128)(shape[axis] - 1) * strides[axis];
        }

        // A view of more elements than its storage repeats some (a stride of 0): the file's size would not bound the memory for it.
        if (offset < 0 || offset > storage.Count || span > storage.Count - offset || count > storage.Count)
        {
            throw input.Refuse($"a view inside a storage of {storage.Count} elements", Describe(shape, offset, strides));
        }

        return new PthTensor(storage, offset, shape, strides, count, (long)span);
    }

    private static string Describe(long[] shape, long offset, long[] strides)
    {
        return $"shape {CheckpointException.Describe(shape)} from element {offset} with strides {CheckpointException.Describe(strides)}";
    }

    private long[] Integers(object?[] values)
    {
        return Array.TrueForAll(values, value => value is long)
            ? Array.ConvertAll(values, value => (long)value!)
            : throw input.Refuse("whole numbers as shape and strides", "something else");
    }
}
