using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>The released layout that an adapter can be told in.</summary>
/// <param name="Names">What its tensors are called there.</param>
/// <param name="IsFlat">Whether tensors stand at the root, not under <c>model</c>.</param>
/// <param name="HasConfig">Whether <c>config</c> stands beside <c>model</c>.</param>
internal sealed record OfficialLayoutChoice(IAdapterNames Names, bool IsFlat, bool HasConfig)
{
    private const string Cure = "Save it in Herd's form instead: a folder, or a file that ends in .herd.";

    /// <summary>Chooses the layout; what its programs would read otherwise is refused here, what has no name in it by <see cref="OfficialTensors"/>.</summary>
    /// <exception cref="CheckpointException">No layout holds such an adapter.</exception>
    internal static OfficialLayoutChoice Of(AdapterManifest manifest, string path)
    {
        if (manifest.EarlyFusion is not null)
        {
            return new OfficialLayoutChoice(new EarlyNames(), IsFlat: true, HasConfig: false);
        }

        if (manifest.Visual is not null || manifest.Lora is not null)
        {
            ExpectVisual(manifest, path);
            return new OfficialLayoutChoice(new MultimodalNames(MultimodalNames.Prefix), IsFlat: false, HasConfig: true);
        }

        if (manifest.Tuning is { Scales.IsEmpty: false, Order: ScaleOrder.Output })
        {
            throw Refuse(path, "scales in front of their matrices, as the chat program has them", "scales behind them");
        }

        return new OfficialLayoutChoice(new ChatNames(), IsFlat: manifest.Tuning is null, HasConfig: false);
    }

    internal static CheckpointException Refuse(string path, string expected, string found) => new(path, null, expected, found, Cure);

    private static void ExpectVisual(AdapterManifest manifest, string path)
    {
        if (manifest.Visual is null != manifest.Prompts is null)
        {
            throw Refuse(path, "prompts and a visual front end together, as the visual program has them", "one of them beside low-rank matrices or alone");
        }

        if (manifest.Prompts is { Gate: not GateForm.Tanh } or { KeyValues: not PromptProjection.Base })
        {
            throw Refuse(path, "tanh gates and the base's projection, as the visual program has them", $"{manifest.Prompts.Gate} and {manifest.Prompts.KeyValues}");
        }
    }
}
