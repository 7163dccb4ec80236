namespace Herd.Engine.Adapters.Formats;

/// <summary>How one layout of files calls the tensors of an adapter, and in which shape it holds prompts and gates.</summary>
/// <remarks>Null: the layout has no such tensor. The visual front end is called the same in all of them.</remarks>
internal interface IAdapterNames
{
    string? Query { get; }

    string? Gate(int layer);

    string? Bias(int layer, TunedLinear linear);

    string? Scale(int layer, TunedLinear linear);

    string AttentionNorm(int layer);

    string FeedForwardNorm(int layer);

    string FinalNorm { get; }

    /// <summary>Shape of the prompts of all layers.</summary>
    long[] QueryShape(int layers, int length, int width);

    /// <summary>Shape of one layer's gate.</summary>
    long[] GateShape(int heads);
}
