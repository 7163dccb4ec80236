namespace Herd.Engine.Checkpoints;

/// <summary>What a pickle of PyTorch may name. Nothing of it is code: each name is a constant that the reader acts on itself.</summary>
internal enum PthGlobal
{
    OrderedDictionary,
    RebuildTensor,
    RebuildParameter,

    /// <summary>A class of a TorchScript archive. Its code stays where it is; its objects are their attributes.</summary>
    ScriptClass,

    /// <summary>What TorchScript wraps typed lists in.</summary>
    ScriptList,

    /// <summary>What TorchScript tags values with a type by.</summary>
    ScriptTag,
}

/// <summary>An object of a TorchScript archive: its attributes by name, nothing that could be run.</summary>
internal sealed class PthModule
{
    private Dictionary<string, object?>? _attributes;

    /// <summary>Its attributes; empty until they are set.</summary>
    internal Dictionary<string, object?> Attributes => _attributes ?? [];

    /// <summary>Sets the attributes, which may be another object's too: a copy for each would let a small file take any memory.</summary>
    /// <returns>False where they are set already.</returns>
    internal bool TrySet(Dictionary<string, object?> attributes) => (_attributes ??= attributes) == attributes;

    /// <summary>The tensors within, each under the names that lead to it, joined by dots. The tree is known to be of bounded depth.</summary>
    internal IEnumerable<(string Name, PthTensor Tensor)> Tensors(string prefix = "")
    {
        foreach (var (name, value) in Attributes)
        {
            switch (value)
            {
                case PthTensor tensor:
                    yield return (prefix + name, tensor);
                    break;
                case PthModule module:
                    foreach (var inner in module.Tensors($"{prefix}{name}."))
                    {
                        yield return inner;
                    }

                    break;
            }
        }
    }
}

/// <summary>A typed run of bytes in the container: the entry <c>data/Key</c>.</summary>
/// <param name="Type">Its element type.</param>
/// <param name="Entry">Where it lies.</param>
/// <param name="Count">Its length in elements.</param>
internal sealed record PthStorage(StoredType Type, ZipEntry Entry, long Count);

/// <summary>A view of a storage, checked to lie inside it.</summary>
/// <param name="Storage">The data.</param>
/// <param name="Offset">The first element.</param>
/// <param name="Shape">The extent of each axis.</param>
/// <param name="Strides">Elements between neighbours along each axis.</param>
/// <param name="Count">Elements in the view.</param>
/// <param name="Span">Elements from the first to the last one in the storage, both included; 0 for an empty view.</param>
internal sealed record PthTensor(PthStorage Storage, long Offset, long[] Shape, long[] Strides, long Count, long Span)
{
    /// <summary>The view lies in the storage exactly as a contiguous tensor lies in memory.</summary>
    internal bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (var axis = Shape.Length - 1; axis >= 0; axis--)
            {
                if (Shape[axis] != 1 && Strides[axis] != expected)
                {
                    return false;
                }

                expected *= Math.Max(Shape[axis], 1);
            }

            return true;
        }
    }
}
