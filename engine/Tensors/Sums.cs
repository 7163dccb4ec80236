using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Tensors;

/// <summary>Sums that are right whatever the garbage collector does.</summary>
/// <remarks>
/// libtorch adds with a factor. TorchSharp's own forms without one make a <see cref="Scalar"/> of 1 that nothing holds, so the collector may free it
/// while native code reads it: a wrong sum or a crash, now and then. These hold it. BannedSymbols.txt keeps the others out.
/// </remarks>
internal static class Sums
{
    private static readonly Scalar One = 1.ToScalar();

    /// <summary><c>left + right</c>.</summary>
    /// <param name="left">Any shape and type.</param>
    /// <param name="right">A shape that fits by the rules of broadcasting.</param>
    /// <returns>A fresh tensor, owned by the caller's scope.</returns>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary><c>left + right</c> for a number.</summary>
    /// <param name="left">Any shape and type.</param>
    /// <param name="right">The number.</param>
    /// <returns>A fresh tensor, owned by the caller's scope.</returns>
    public static Tensor Plus(this Tensor left, float right)
    {
        using var held = right.ToScalar();
        return left.add(held, One);
    }

    /// <summary><c>sum += addend</c>.</summary>
    /// <param name="sum">Any shape and type; written to.</param>
    /// <param name="addend">A shape that fits by the rules of broadcasting.</param>
    /// <returns>Another handle on the sum, owned by the caller's scope.</returns>
    public static Tensor AddInPlace(this Tensor sum, Tensor addend) => sum.add_(addend, One);
}
