using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>The shards of a model trained in parallel as if they were one file: the k-th shard holds the k-th part of every split tensor.</summary>
/// <remarks>
/// Along which axis a tensor is split follows from its shape in the model, which differs between generations of LLaMA; one that has its whole shape in a
/// shard is in all of them, with the same values. Source: docs/engine.md, "Base files".
/// </remarks>
internal sealed class ShardFiles : ITensorFile
{
    private readonly IReadOnlyList<ITensorFile> _shards;
    private readonly Dictionary<string, long?> _axes = []; // null: in every shard

    /// <summary>Joins shards and takes them over, also where it fails.</summary>
    /// <param name="shards">In order, at least one.</param>
    /// <param name="shapes">The shapes that tensors have as a whole; others stand in every shard.</param>
    /// <exception cref="CheckpointException">A shard lacks a tensor, has one too many, or its parts make no tensor of the shape.</exception>
    public ShardFiles(IReadOnlyList<ITensorFile> shards, IReadOnlyDictionary<string, long[]> shapes)
    {
        _shards = shards;
        try
        {
            Tensors = shards[0].Tensors.Values.ToDictionary(info => info.Name, info => Join(info, shapes.GetValueOrDefault(info.Name)));
            foreach (var shard in shards.Skip(1))
            {
                if (shard.Tensors.Keys.FirstOrDefault(name => !Tensors.ContainsKey(name)) is { } unknown)
                {
                    throw Refuse(shard, unknown, $"the tensors of {Name(shards[0])}", "one more");
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Path => _shards[0].Path;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        if (!_axes.TryGetValue(name, out var axis))
        {
            throw TensorFile.Missing(this, name);
        }

        using var scope = NewDisposeScope();
        if (axis is { } split)
        {
            return cat([.. _shards.Select(shard => shard.Read(name))], split).MoveToOuterDisposeScope();
        }

        var first = _shards[0].Read(name);
        foreach (var shard in _shards.Skip(1))
        {
            using var other = shard.Read(name);
            if (!other.equal(first).all().item<bool>())
            {
                throw Refuse(shard, name, $"the values of {Name(_shards[0])}", "others");
            }
        }

        return first.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <returns>Null: values of several files lie in pieces.</returns>
    public TensorPlace? Locate(string name) => null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shard in _shards)
        {
            shard.Dispose();
        }
    }

    private TensorInfo Join(TensorInfo first, long[]? whole)
    {
        foreach (var shard in _shards.Skip(1))
        {
            if (!shard.Tensors.TryGetValue(first.Name, out var info) || !info.Equals(first))
            {
                throw Refuse(shard, first.Name, $"{first.DType} {CheckpointException.Describe([.. first.Shape])} as in {Name(_shards[0])}", info?.ToString() ?? "no such tensor");
            }
        }

        var shape = first.Shape.ToArray();
        if (whole is null || shape.SequenceEqual(whole))
        {
            _axes.Add(first.Name, null);
            return first;
        }

        for (var axis = 0; axis < whole.Length; axis++)
        {
            long[] part = [.. whole];
            part[axis] /= _shards.Count;
            if (whole[axis] % _shards.Count == 0 && shape.SequenceEqual(part))
            {
                _axes.Add(first.Name, axis);
                return first with { Shape = whole };
            }
        }

        throw Refuse(_shards[0], first.Name, $"one of {_shards.Count} parts of {CheckpointException.Describe(whole)}", CheckpointException.Describe(shape));
    }

    private static string Name(ITensorFile file) => System.IO.Path.GetFileName(file.Path);

    private static CheckpointException Refuse(ITensorFile file, string tensor, string expected, string found) =>
        new(file.Path, tensor, expected, found, "Check that all shards are there and belong to one model.");
}
