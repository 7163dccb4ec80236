using Herd.Engine.Scheduling;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Model;

/// <summary>Rows of a sequence that attend in one product; see <see cref="PromptTiles"/>.</summary>
/// <param name="FirstRow">Its first row in the step.</param>
/// <param name="Count">Number of its rows.</param>
/// <param name="Total">Tokens that its last row sees.</param>
/// <param name="Mask">What each row may not see, [count, total], model's type, 0 or minus infinity; null for a single row, which sees everything.</param>
internal sealed record AttentionTile(int FirstRow, int Count, int Total, Tensor? Mask)
{
    /// <summary>Cuts a segment.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="firstRow">Its first row in the step.</param>
    /// <param name="dtype">The model's type.</param>
    /// <param name="device">The device.</param>
    /// <returns>The tiles in order.</returns>
    public static IEnumerable<AttentionTile> Of(Segment segment, int firstRow, ScalarType dtype, Device device)
    {
        var end = segment.Past + segment.Ids.Count;
        for (var (start, row) = (segment.Past, firstRow); start < end;)
        {
            var total = Math.Min(end, PromptTiles.End(start, segment.PromptTokens));
            var count = total - start;
            yield return new AttentionTile(row, count, total, count > 1 ? CausalMask(count, start, dtype, device) : null);
            (start, row) = (total, row + count);
        }
    }

    /// <summary>Row t sees position s iff s is at most past + t. Explicit, since libtorch's own causal flag is wrong behind a cache.</summary>
    private static Tensor CausalMask(int count, int past, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        using var never = float.NegativeInfinity.ToScalar();
        return full([count, past + count], never, dtype, device).triu_(past + 1).MoveToOuterDisposeScope();
    }
}
