namespace Herd.Engine.Adapters.Formats;

/// <summary>How one layout of files calls the tensors of an adapter, and in which shape it holds prompts and gates.</summary>
/// <remarks>Null: the layout has no such tensor. The visual front end is called the same in all of them.</remarks>
internal interface IAdapterNames
{
    /// <summary>The prompts of all layers in one tensor.</summary>
    string? Query => null;

    /// <summary>The prompts of one layer.</summary>
    string? LayerQuery(int layer) => null;

    /// <summary>The gate of a layer's prompts.</summary>
    string? Gate(int layer) => null;

    /// <summary>A further factor of a layer's prompts, beside the gate's.</summary>
    string? NewGate(int layer) => null;

    /// <summary>The gate of a layer's visual slots, under early fusion.</summary>
    string? VisualGate(int layer) => null;

    string? Bias(int layer, TunedLinear linear) => null;

    string? Scale(int layer, TunedLinear linear) => null;

    /// <summary>The first of the low-rank matrices, [rank, in].</summary>
    string? LoraIn(int layer, TunedLinear linear) => null;

    /// <summary>The second of the low-rank matrices, [out, rank].</summary>
    string? LoraOut(int layer, TunedLinear linear) => null;

    string? AttentionNorm(int layer) => null;

    string? FeedForwardNorm(int layer) => null;

    string? FinalNorm => null;

    /// <summary>Shape of the prompts of all layers.</summary>
    long[] QueryShape(int layers, int length, int width) => [(long)layers * length, width];

    /// <summary>Shape of one layer's gate.</summary>
    long[] GateShape(int heads) => [1, heads, 1, 1];

    /// <summary>Shape of one layer's further factor.</summary>
    long[] NewGateShape => [1, 1, 1, 1];
}
