namespace Herd.Engine.Checkpoints;

/// <summary>Turns what a pickle built into the read-only tree that callers see. A pickle can name one value many times, or inside itself:
/// depth and size of the tree are bounded.</summary>
internal sealed class PthTree(string path)
{
    private const int MaxDepth = 32;
    private const int MaxNodes = 1 << 20;

    private int _nodes;

    /// <summary>Dictionaries, lists (tuples too), text, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, null, and
    /// <see cref="TensorInfo"/> named by the key that holds it.</summary>
    internal object? Convert(string name, object? value, int depth = 0)
    {
        if (depth > MaxDepth || ++_nodes > MaxNodes)
        {
            throw Refuse(name, $"at most {MaxNodes} values, nested at most {MaxDepth} deep", "more");
        }

        return value switch
        {
            null or string or long or double or bool => value,
            PthTensor tensor => new TensorInfo(name, tensor.Storage.Type.DType, tensor.Shape),
            PthModule module => Convert(name, module.Attributes, depth),
            Dictionary<string, object?> entries => entries.ToDictionary(entry => entry.Key, entry => Convert(entry.Key, entry.Value, depth + 1)),
            IReadOnlyList<object?> items => items.Select(item => Convert(name, item, depth + 1)).ToList(),
            _ => throw Refuse(name, "a value", "a bare Python name or storage"),
        };
    }

    private CheckpointException Refuse(string name, string expected, string found)
    {
        return new CheckpointException(path, name, expected, found, CheckpointException.SavePlain);
    }
}
