using System.Collections.Immutable;

namespace Herd.Silo.Devices;

/// <summary>A prompt as ids.</summary>
/// <param name="History">Ids that stood before, as given.</param>
/// <param name="Added">Ids that this request adds.</param>
/// <param name="Template">The template that rendered it; null where none did.</param>
/// <param name="Stops">Texts by which the template ends an answer.</param>
internal sealed record RenderedPrompt(ImmutableArray<int> History, ImmutableArray<int> Added, string? Template, IReadOnlyList<string> Stops)
{
    internal ImmutableArray<int> All => History.AddRange(Added);
}
