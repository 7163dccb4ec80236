using Herd.Engine.Model;
using static TorchSharp.torch;

namespace Herd.Engine.KvCache;

/// <summary>The tensors of the key/value cache of some neighbouring layers, allocated once. Which block belongs to whom is <see cref="BlockAllocator"/>'s account.</summary>
/// <remarks>Per layer, keys and values apart, each [blocks, kvHeads, 16, headWidth] in the model's type. Keys are stored after rotation. Layers have their number in the base. Owner: their stage.</remarks>
internal sealed class KvPool : IDisposable
{
    private readonly StagePlan _plan;
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;

    /// <summary>Allocates the cache.</summary>
    /// <param name="plan">Which layers, and on which device.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="kvHeads">Key/value heads.</param>
    /// <param name="headWidth">Features per head.</param>
    /// <param name="dtype">The model's type.</param>
    public KvPool(StagePlan plan, int blocks, int kvHeads, int headWidth, ScalarType dtype)
    {
        Tensor[] Allocate() => plan.Layers
            .Select(_ => zeros([blocks, kvHeads, BlockAllocator.BlockTokens, headWidth], dtype, plan.Device).DetachFromDisposeScope())
            .ToArray();

        (_plan, Dtype) = (plan, dtype);
        _keys = Allocate();
        _values = Allocate();
    }

    /// <summary>The type of keys and values.</summary>
    public ScalarType Dtype { get; }

    /// <summary>Bytes of keys and values of one block over all layers.</summary>
    /// <param name="layers">Number of layers.</param>
    /// <param name="kvHeads">Key/value heads.</param>
    /// <param name="headWidth">Features per head.</param>
    /// <param name="elementBytes">Bytes of one value.</param>
    /// <returns>The bytes.</returns>
    public static long BytesPerBlock(int layers, int kvHeads, int headWidth, int elementBytes) =>
        2L * layers * kvHeads * BlockAllocator.BlockTokens * headWidth * elementBytes;

    /// <summary>Stores the keys and values of a step's rows.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="keys">Rotated keys, [rows, kvHeads, headWidth].</param>
    /// <param name="values">Values, [rows, kvHeads, headWidth].</param>
    /// <param name="blocks">Block of each row, [rows], int64.</param>
    /// <param name="offsets">Place of each row in its block, [rows], int64.</param>
    public void Store(int layer, Tensor keys, Tensor values, Tensor blocks, Tensor offsets)
    {
        using var keyPlaces = _keys[layer - _plan.First].permute(0, 2, 1, 3); // [blocks, 16, kvHeads, headWidth]
        using var valuePlaces = _values[layer - _plan.First].permute(0, 2, 1, 3);
        keyPlaces.index_put_(keys, blocks, offsets);
        valuePlaces.index_put_(values, blocks, offsets);
    }

    /// <summary>Gathers a sequence's keys and values.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="blocks">The sequence's blocks in order, [n], int64.</param>
    /// <param name="tokens">Number of tokens stored.</param>
    /// <returns>Keys and values, each [kvHeads, tokens, headWidth].</returns>
    public (Tensor Keys, Tensor Values) Gather(int layer, Tensor blocks, int tokens) =>
        (Gather(_keys[layer - _plan.First], blocks, tokens), Gather(_values[layer - _plan.First], blocks, tokens));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values))
        {
            tensor.Dispose();
        }
    }

    private static Tensor Gather(Tensor pool, Tensor blocks, int tokens)
    {
        var gathered = pool.index_select(0, blocks); // [n, kvHeads, 16, headWidth]
        var (heads, width) = (pool.shape[1], pool.shape[3]);
        return gathered.permute(1, 0, 2, 3).reshape(heads, -1, width).narrow(1, 0, tokens);
    }
}
