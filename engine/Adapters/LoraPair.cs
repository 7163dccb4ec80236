using static TorchSharp.torch;

namespace Herd.Engine.Adapters;

/// <summary>Two low-rank matrices beside a frozen one: <c>y = W x + b + Out (In x)</c>.</summary>
/// <param name="In">[rank, in].</param>
/// <param name="Out">[out, rank], any scaling folded in.</param>
public sealed record LoraPair(Tensor In, Tensor Out);
