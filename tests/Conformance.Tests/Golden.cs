using Herd.Engine.Checkpoints;
using Herd.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests;

/// <summary>Finds golden files and compares with them.</summary>
internal static class Golden
{
    /// <summary>Limit for logits and hidden states in float32.</summary>
    public const double LogitTolerance = 3e-4;

    public static string Tokenizer => In("tokenizer", "tokenizer.model");

    public static string In(params string[] path) => Path.Combine([RepositoryFiles.Golden, .. path]);

    public static ITensorFile Expected(string name) => TensorFile.Open(In("expected", name + ".safetensors"));

    public static int[] Ids(ITensorFile file, string name)
    {
        using var scope = NewDisposeScope();
        return [.. file.Read(name).flatten().data<long>().Select(id => (int)id)];
    }

    public static void AssertClose(Tensor expected, Tensor actual, double tolerance, string what)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        var difference = (expected - actual).abs().max().item<float>();
        Assert.True(difference <= tolerance, $"{what}: expected a difference of at most {tolerance:g2}, found {difference:g3}.");
    }
}
