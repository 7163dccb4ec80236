using Herd.Engine.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Golden;

/// <summary>A golden file of inputs and outputs.</summary>
internal sealed class GoldenTensors : IDisposable
{
    private readonly ITensorFile _file;

    private GoldenTensors(ITensorFile file)
    {
        _file = file;
    }

    public IEnumerable<string> Names => _file.Tensors.Keys.Order(StringComparer.Ordinal);

    /// <summary>Opens a file; skips the test where it is absent.</summary>
    public static GoldenTensors Open(string name) => new(TensorFile.Open(GoldenFolder.PathOf(name)));

    /// <summary>Opens a file of expected outputs by its name without folder and ending.</summary>
    public static GoldenTensors Expected(string name) => Open($"expected/{name}.safetensors");

    /// <summary>The names of a file's tensors for naming test cases: none where the file is absent.</summary>
    public static IEnumerable<string> NamesIn(string name)
    {
        if (!GoldenFolder.Has(name))
        {
            return [];
        }

        using var file = Open(name);
        return [.. file.Names];
    }

    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    /// <summary>Names of the form prefix and suffix with something between, and that something.</summary>
    public IEnumerable<(string Name, string Between)> Matching(string prefix, string suffix) =>
        Names.Where(name => name.Length > prefix.Length + suffix.Length && name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal))
            .Select(name => (name, name[prefix.Length..^suffix.Length]));

    /// <summary>Reads a tensor; skips the test where there is none.</summary>
    public Tensor Read(string name)
    {
        Assert.SkipUnless(Has(name), $"{Path.GetFileName(_file.Path)} holds no '{name}'.");
        return _file.Read(name);
    }

    public int[] Ids(string name)
    {
        using var scope = NewDisposeScope();
        return [.. Read(name).flatten().data<long>().Select(id => (int)id)];
    }

    /// <summary>Compares a result with the tensor of that name; skips the test where there is none.</summary>
    public void AssertClose(string name, Tensor actual, double tolerance) => Difference.AssertWithin(tolerance, Read(name), actual, name);

    public void Dispose() => _file.Dispose();
}
