using Herd.Engine.Bases;

namespace Herd.Engine.Adapters;

/// <summary>The matrices of a block that an adapter can tune.</summary>
public enum TunedLinear
{
    /// <summary>Query projection, <c>wq</c>.</summary>
    Query,

    /// <summary>Key projection, <c>wk</c>.</summary>
    Key,

    /// <summary>Value projection, <c>wv</c>.</summary>
    Value,

    /// <summary>Output projection of the attention, <c>wo</c>.</summary>
    Output,

    /// <summary>Gate of the feed-forward product, <c>w1</c>.</summary>
    Gate,

    /// <summary>Second matrix of the feed-forward part, <c>w2</c>.</summary>
    Down,

    /// <summary>The other factor of the feed-forward product, <c>w3</c>.</summary>
    Up,
}

/// <summary>Names and sizes of the matrices.</summary>
public static class TunedLinearExtensions
{
    private static readonly string[] OfficialNames = ["wq", "wk", "wv", "wo", "w1", "w2", "w3"];

    /// <summary>All seven, in order.</summary>
    public static IReadOnlyList<TunedLinear> All { get; } = Enum.GetValues<TunedLinear>();

    /// <summary>The name in Meta's files: <c>wq</c>, <c>wk</c>, <c>wv</c>, <c>wo</c>, <c>w1</c>, <c>w2</c>, <c>w3</c>.</summary>
    public static string OfficialName(this TunedLinear linear) => OfficialNames[(int)linear];

    /// <summary>Whether it belongs to the attention; otherwise to the feed-forward part.</summary>
    public static bool IsAttention(this TunedLinear linear) => linear <= TunedLinear.Output;

    /// <summary>Width of the matrix's input, and so of a scale.</summary>
    public static int InWidth(this TunedLinear linear, LlamaConfig config) => linear switch
    {
        TunedLinear.Output => config.Heads * config.HeadWidth,
        TunedLinear.Down => config.FeedForwardWidth,
        _ => config.Width,
    };

    /// <summary>Width of the matrix's output, and so of a bias.</summary>
    public static int OutWidth(this TunedLinear linear, LlamaConfig config) => linear switch
    {
        TunedLinear.Query => config.Heads * config.HeadWidth,
        TunedLinear.Key or TunedLinear.Value => config.KvHeads * config.HeadWidth,
        TunedLinear.Gate or TunedLinear.Up => config.FeedForwardWidth,
        _ => config.Width,
    };
}
