using Herd.Engine.Tensors;
using static TorchSharp.torch;

namespace Herd.Engine.Vision;

/// <summary>
/// A pre-norm transformer block in which every token sees every token: <c>x += out(attention(norm1 x)); x += contract(f(expand(norm2 x)))</c>.
/// </summary>
/// <remarks>
/// Both the image encoder (Vision Transformer, arXiv:2010.11929) and the visual query transformer are made of it; they differ in f.
/// </remarks>
internal sealed record VisionBlock
{
    /// <summary>Heads; they divide the width.</summary>
    public required int Heads { get; init; }

    public required VisionAffine Norm1 { get; init; }

    /// <summary>Queries, keys and values in this order, [3 * width, width].</summary>
    public required VisionAffine Qkv { get; init; }

    public required VisionAffine Out { get; init; }

    public required VisionAffine Norm2 { get; init; }

    public required VisionAffine Expand { get; init; }

    public required VisionAffine Contract { get; init; }

    /// <summary>The non-linear function between <see cref="Expand"/> and <see cref="Contract"/>, element by element.</summary>
    public required Func<Tensor, Tensor> Activation { get; init; }

    /// <param name="x">[B, T, width], dtype of the linear maps; borrowed and unchanged.</param>
    /// <returns>[B, T, width], same dtype; belongs to the caller's scope.</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var attended = x.Plus(Out.Map(Attend(Norm1.Normalise(x))));
        var result = attended.Plus(Contract.Map(Activation(Expand.Map(Norm2.Normalise(attended)))));
        return result.MoveToOuterDisposeScope();
    }

    // Runs in the scope of Forward.
    private Tensor Attend(Tensor x)
    {
        var (batch, tokens, width) = (x.shape[0], x.shape[1], x.shape[2]);
        var heads = Qkv.Map(x).view(batch, tokens, 3, Heads, width / Heads).permute(2, 0, 3, 1, 4); // [3, B, H, T, D]
        var mixed = nn.functional.scaled_dot_product_attention(heads[0], heads[1], heads[2]); // [B, H, T, D]
        return mixed.transpose(1, 2).reshape(batch, tokens, width);
    }
}
