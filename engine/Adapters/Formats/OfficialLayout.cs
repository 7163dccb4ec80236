using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Tells which of the released layouts a file has, by the names of its tensors alone.</summary>
internal static class OfficialLayout
{
    internal const string Query = "adapter_query.weight";

    internal static string Part(TunedLinear linear) => linear.IsAttention() ? "attention" : "feed_forward";

    /// <exception cref="EngineException"><see cref="EngineErrorCode.Incompatible"/>: an adapter of a kind that is not supported;
    /// <see cref="EngineErrorCode.InvalidFile"/>: no adapter.</exception>
    internal static IAdapterNames Recognise(ITensorFile file)
    {
        var names = file.Tensors.Keys;
        if (Find(names, "tok_embeddings.weight") is { } embedding)
        {
            throw new CheckpointException(
                file.Path, embedding, "an adapter's tensors alone", "the weights of a base", "Extract the adapter from the training checkpoint.");
        }

        if ((Find(names, ".lora_") ?? Find(names, ".new_gate")) is { } lora)
        {
            throw Unsupported(file, lora, "LoRA", "LoRA adapters are not supported yet");
        }

        if (Find(names, ".visual_gate") is { } early)
        {
            throw Unsupported(file, early, "gates of visual slots", "Adapters with early fusion are not supported yet");
        }

        if (names.Any(name => name.StartsWith(MultimodalNames.OldPrefix, StringComparison.Ordinal)))
        {
            return new MultimodalNames(MultimodalNames.OldPrefix);
        }

        if (VisualFrontEndShape.IsIn(file) || names.Any(name => name.StartsWith(MultimodalNames.Prefix, StringComparison.Ordinal)))
        {
            return new MultimodalNames(MultimodalNames.Prefix);
        }

        if (names.Contains(Query))
        {
            throw Unsupported(file, Query, "prompts without a visual front end", "V1 prefix adapters are not supported yet");
        }

        return names.Any(name => name.StartsWith("layers.", StringComparison.Ordinal))
            ? new ChatNames()
            : throw new CheckpointException(
                file.Path, null, "tensors of a LLaMA-Adapter V2", $"{names.Count()} tensors of another model", "Check that this is the right file.");
    }

    private static string? Find(IEnumerable<string> names, string part) =>
        names.FirstOrDefault(name => name.Contains(part, StringComparison.Ordinal));

    private static EngineException Unsupported(ITensorFile file, string tensor, string found, string why) => new(
        EngineErrorCode.Incompatible,
        $"{Path.GetFileName(file.Path)}: tensor '{tensor}': expected bias, scale, norm, prompt or visual parts, found {found}. {why}.");
}
