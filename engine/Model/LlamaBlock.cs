using Herd.Engine.Adapters;
using Herd.Engine.Tensors;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>A block of LLaMA, the same for serving and training.</summary>
/// <remarks><c>a = x + Attention(norm(x))</c>, <c>out = a + W2(silu(W1 n) * (W3 n))</c>, n = norm(a). Source: LLaMA, arXiv:2302.13971.</remarks>
internal static class LlamaBlock
{
    /// <summary>Computes the block. Gradients flow where the caller lets them.</summary>
    /// <param name="hidden">The residual stream, [rows, width], Float32.</param>
    /// <param name="layer">Its number in the base.</param>
    /// <param name="turns">Rotation of each row, from <see cref="RotaryTable.At"/>.</param>
    /// <param name="maps">Norms, matrices and attention.</param>
    /// <param name="headWidth">Features of a head.</param>
    /// <param name="probe">Sees intermediate results; null for nobody.</param>
    /// <returns>The residual stream behind it, likewise; belongs to the caller's scope.</returns>
    public static Tensor Forward(Tensor hidden, int layer, Tensor turns, IBlockMaps maps, int headWidth, ILayerProbe? probe)
    {
        using var scope = NewDisposeScope();
        var attended = Attention(maps.AttentionNorm(hidden, layer), layer, turns, maps, headWidth);
        probe?.AttentionOutput(layer, attended);
        var between = hidden.Plus(attended);
        var next = between.Plus(FeedForward(maps.FeedForwardNorm(between, layer), layer, maps));
        probe?.BlockOutput(layer, next);
        return next.MoveToOuterDisposeScope();
    }

    private static Tensor Attention(Tensor rows, int layer, Tensor turns, IBlockMaps maps, int headWidth)
    {
        Tensor Heads(TunedLinear linear) => maps.Linear(rows, layer, linear).view(rows.shape[0], -1, headWidth);
        var queries = RotaryTable.Rotate(Heads(TunedLinear.Query), turns);
        var keys = RotaryTable.Rotate(Heads(TunedLinear.Key), turns);
        return maps.Linear(maps.Attend(queries, keys, Heads(TunedLinear.Value), layer), layer, TunedLinear.Output);
    }

    private static Tensor FeedForward(Tensor rows, int layer, IBlockMaps maps)
    {
        var gate = nn.functional.silu(maps.Linear(rows, layer, TunedLinear.Gate));
        return maps.Linear(gate.mul_(maps.Linear(rows, layer, TunedLinear.Up)), layer, TunedLinear.Down);
    }
}
