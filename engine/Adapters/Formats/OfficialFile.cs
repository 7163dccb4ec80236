using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Reads a released adapter's single file of tensors.</summary>
internal static class OfficialFile
{
    // The released V1 models; no tensor tells it.
    internal const int V1PromptLength = 10;

    internal static AdapterParts Read(ITensorFile file, AdapterReadOptions options)
    {
        var names = OfficialLayout.Recognise(file);
        var reader = new PartReader(file, names, options.BaseConfig);
        reader.ExpectLayersOfBase();
        var parts = new AdapterParts();
        AdapterReader.ReadTuning(reader, options.ScaleOrder ?? ScaleOrder.Input, parts);
        LoraReader.Read(reader, parts);
        if (VisualFrontEndShape.IsIn(file) || names is MultimodalNames && reader.Has(names.Query))
        {
            AdapterReader.ReadVisual(reader, options.VisualHeads, parts);
        }

        if (names is EarlyNames)
        {
            PromptReader.ReadEarly(reader, parts);
        }
        else if (parts.Visual is not null || reader.Has(names.Query))
        {
            PromptReader.Read(reader, FormOf(reader, parts, options), parts);
        }

        reader.ExpectAllTaken();
        return parts;
    }

    /// <summary>
    /// The visual models' prompts are as long as the visual query. The chat model's stand in the layers that have gates, and go through its tuned
    /// matrices. What has neither is V1, whose inference program takes the gates as they are.
    /// </summary>
    private static PromptForm FormOf(PartReader reader, AdapterParts parts, AdapterReadOptions options)
    {
        if (parts.Visual is { } visual)
        {
            return new PromptForm(visual.QueryLength, options.Gate ?? GateForm.Tanh, options.PromptKeyValues ?? PromptProjection.Base);
        }

        if (parts.Tuning is null)
        {
            return new PromptForm(options.PromptLength ?? V1PromptLength, options.Gate ?? GateForm.Raw, options.PromptKeyValues ?? PromptProjection.Base);
        }

        var layers = Enumerable.Range(0, reader.Config.Layers).Count(layer => reader.Has(reader.Names.Gate(layer)));
        var rows = reader.ShapeOf(reader.Names.Query!, 2)[0];
        var length = options.PromptLength ?? (int)(rows / Math.Max(layers, 1));
        return new PromptForm(Math.Max(length, 1), options.Gate ?? GateForm.Tanh, options.PromptKeyValues ?? PromptProjection.Tuned);
    }
}
