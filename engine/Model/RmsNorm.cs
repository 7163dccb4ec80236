using Herd.Engine.Tensors;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Root-mean-square normalisation without its weight, which differs by adapter and is applied per row.</summary>
internal static class RmsNorm
{
    /// <summary><c>x / sqrt(mean(x^2) + eps)</c> over the last axis. Source: Zhang and Sennrich, arXiv:1910.07467.</summary>
    /// <param name="rows">[rows, width], Float32.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <returns>[rows, width], Float32, fresh: the caller may write to it.</returns>
    public static Tensor Normalize(Tensor rows, float epsilon)
    {
        using var scope = NewDisposeScope();
        var inverse = rows.mul(rows).mean([-1], keepdim: true).Plus(epsilon).rsqrt_();
        return rows.mul(inverse).MoveToOuterDisposeScope();
    }
}
