using static TorchSharp.torch;

namespace Herd.Engine.Checkpoints;

/// <summary>Takes the tensors of a model part out of a file, and in the end insists that nothing was left over.</summary>
/// <remarks>Not thread-safe. The file stays the caller's.</remarks>
/// <param name="file">The file.</param>
/// <param name="mapped">Where tensors that need no conversion are views of the file; null copies all.</param>
internal sealed class TensorReader(ITensorFile file, MappedFiles? mapped = null)
{
    private const int MostNamed = 5;

    private readonly HashSet<string> _taken = [];
    private readonly HashSet<string> _absent = [];

    internal ITensorFile File => file;

    internal bool Has(string name)
    {
        return file.Tensors.ContainsKey(name);
    }

    /// <summary>Reads a tensor that must be there.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <param name="convertTo">The type to convert it to; null keeps the stored one.</param>
    /// <param name="copy">Whether it is copied in any case, since the caller makes another tensor of it.</param>
    /// <returns>A contiguous CPU tensor of that shape, owned by the caller's scope; fresh, or a view that nothing may write to.</returns>
    /// <exception cref="CheckpointException">It is absent, of another shape, damaged, or holds an infinity or NaN.</exception>
    internal Tensor Take(string name, ReadOnlySpan<long> shape, ScalarType? convertTo = null, bool copy = false)
    {
        var info = Expect(name, shape);
        using var scope = NewDisposeScope();
        var asStored = !copy && (convertTo is null || convertTo == info.DType);
        var tensor = (asStored ? mapped?.TryView(file, info) : null) ?? file.Read(name).to(convertTo ?? info.DType);
        // Infinity and NaN survive the conversion from one floating type to another, and a narrow one may add some.
        if (!FiniteCheck.IsFinite(tensor))
        {
            const string Cure = "The file is damaged, the training that made it diverged, or the type is too narrow.";
            throw new CheckpointException(file.Path, name, $"finite values as {tensor.dtype}", "an infinity or NaN", Cure);
        }

        return tensor.MoveToOuterDisposeScope();
    }

    /// <summary>Counts a tensor as taken, which must be there, without reading it.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <param name="stored">The type it must be stored in; null for any.</param>
    /// <returns>What the file says of it.</returns>
    /// <exception cref="CheckpointException">It is absent, of another shape or type.</exception>
    internal TensorInfo Expect(string name, ReadOnlySpan<long> shape, ScalarType? stored = null)
    {
        const string Cure = "Check that the file belongs to this model and that its configuration matches.";
        if (!file.Tensors.TryGetValue(name, out var info))
        {
            throw TensorFile.Missing(file, name);
        }

        if (!shape.SequenceEqual(info.Shape.ToArray()))
        {
            throw new CheckpointException(file.Path, name, $"shape {CheckpointException.Describe(shape)}", CheckpointException.Describe([.. info.Shape]), Cure);
        }

        if (stored is { } type && type != info.DType)
        {
            throw new CheckpointException(file.Path, name, $"{type}", $"{info.DType}", Cure);
        }

        _taken.Add(name);
        return info;
    }

    /// <summary>Reads a tensor that may be absent: null then. Otherwise as <see cref="Take"/>.</summary>
    internal Tensor? TryTake(string name, ReadOnlySpan<long> shape, ScalarType? convertTo = null)
    {
        if (Has(name))
        {
            return Take(name, shape, convertTo);
        }

        _absent.Add(name);
        return null;
    }

    /// <summary>Insists that every tensor of the file was taken.</summary>
    /// <param name="ignorable">Names that are known to be of no use; null for none.</param>
    /// <exception cref="CheckpointException">There are others; the message names the first ones.</exception>
    internal void ExpectAllTaken(Func<string, bool>? ignorable = null)
    {
        var leftOver = file.Tensors.Keys.Where(name => !_taken.Contains(name) && ignorable?.Invoke(name) != true);
        var unknown = leftOver.Order(StringComparer.Ordinal).ToList();
        if (unknown.Count == 0)
        {
            return;
        }

        var named = string.Join(", ", unknown.Take(MostNamed).Select(CheckpointException.Quote)) + (unknown.Count > MostNamed ? ", ..." : "");
        var nearest = NearestName.Find(unknown[0], _absent) ?? NearestName.Find(unknown[0], _taken);
        var hint = nearest is null ? "" : $" (the nearest known name is {CheckpointException.Quote(nearest)})";
        var found = $"{unknown.Count} unknown: {named}{hint}";
        throw new CheckpointException(file.Path, unknown[0], "only known tensors", found, "Check that the file belongs to this kind of model.");
    }
}
