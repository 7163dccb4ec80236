using System.Collections.Immutable;
using Herd.Contracts.Models;

namespace Herd.Contracts.Routing;

/// <summary>An answer that began elsewhere or earlier: it goes on as it was, with the same seed and length.</summary>
/// <param name="Started">What the replica said that began it.</param>
/// <param name="Ids">The ids so far.</param>
public sealed record BegunAnswer(GenerationStarted Started, ImmutableArray<int> Ids);
