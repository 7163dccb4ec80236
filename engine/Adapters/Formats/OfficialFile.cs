using Herd.Engine.Checkpoints;
using Herd.Engine.Vision;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Reads a released adapter's single file of tensors.</summary>
internal static class OfficialFile
{
    internal static AdapterParts Read(ITensorFile file, AdapterReadOptions options)
    {
        var names = OfficialLayout.Recognise(file);
        var reader = new PartReader(file, names, options.BaseConfig);
        reader.ExpectLayersOfBase();
        var parts = new AdapterParts();

        // The number of prompts of a layer is the visual front end's, so neither part goes without the other.
        if (VisualFrontEndShape.IsIn(file) || reader.Has(names.Query))
        {
            AdapterReader.ReadVisual(reader, options.VisualHeads, parts);
            AdapterReader.ReadPrompts(reader, parts.Visual!.QueryLength, parts);
        }

        AdapterReader.ReadTuning(reader, parts);
        reader.ExpectAllTaken();
        return parts;
    }
}
