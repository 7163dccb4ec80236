using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Tells which of the released layouts a file has, by the names of its tensors alone.</summary>
internal static class OfficialLayout
{
    internal const string Query = "adapter_query.weight";

    internal static string Part(TunedLinear linear) => linear.IsAttention() ? "attention" : "feed_forward";

    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidFile"/>: no adapter.</exception>
    internal static IAdapterNames Recognise(ITensorFile file)
    {
        var names = file.Tensors.Keys;
        if (Find(names, "tok_embeddings.weight") is { } embedding)
        {
            throw new CheckpointException(
                file.Path, embedding, "an adapter's tensors alone", "the weights of a base", "Extract the adapter from the training checkpoint.");
        }

        if (Find(names, EarlyNames.VisualGatePart) is not null)
        {
            return new EarlyNames();
        }

        if (names.Any(name => name.StartsWith(MultimodalNames.OldPrefix, StringComparison.Ordinal)))
        {
            return new MultimodalNames(MultimodalNames.OldPrefix);
        }

        if (VisualFrontEndShape.IsIn(file) || names.Any(name => name.StartsWith(MultimodalNames.Prefix, StringComparison.Ordinal)))
        {
            return new MultimodalNames(MultimodalNames.Prefix);
        }

        return names.Contains(Query) || names.Any(name => name.StartsWith("layers.", StringComparison.Ordinal))
            ? new ChatNames()
            : throw new CheckpointException(
                file.Path, null, "tensors of a LLaMA-Adapter V2", $"{names.Count()} tensors of another model", "Check that this is the right file.");
    }

    private static string? Find(IEnumerable<string> names, string part) =>
        names.FirstOrDefault(name => name.Contains(part, StringComparison.Ordinal));
}
