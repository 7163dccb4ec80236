using Xunit;
using static TorchSharp.torch;

namespace Herd.Conformance.Tests.Golden;

/// <summary>How far a result is off. Every comparison writes its difference to the test's output.</summary>
internal static class Difference
{
    /// <summary>Limit for logits and hidden states in float32.</summary>
    public const double Logits = 3e-4;

    /// <summary>Limit for features of the image encoder.</summary>
    public const double Features = 5e-5;

    /// <summary>Limit for visual queries and what leads to them.</summary>
    public const double Query = 5e-5;

    /// <summary>Limit for losses.</summary>
    public const double Loss = 2e-5;

    /// <summary>Largest distance of two tensors; infinite for different shapes.</summary>
    public static double Between(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        return expected.shape.SequenceEqual(actual.shape) ? (expected - actual).abs().max().item<float>() : double.PositiveInfinity;
    }

    public static void AssertWithin(double tolerance, Tensor expected, Tensor actual, string what)
    {
        Assert.Equal(expected.shape, actual.shape);
        var difference = Between(expected, actual);
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: off by {difference:e1} of {tolerance:e0}");
        Assert.True(difference <= tolerance, $"{what}: expected a difference of at most {tolerance:g2}, found {difference:g3}.");
    }
}
