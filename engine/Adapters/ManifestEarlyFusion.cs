namespace Herd.Engine.Adapters;

/// <summary>Early fusion as the manifest tells it: the picture's slots stand alone in the first layers, static prompts in the last ones.</summary>
/// <remarks>Without a picture the slots are left out. Source: the paper, arXiv:2304.15010, section 3.3.</remarks>
public sealed record ManifestEarlyFusion
{
    /// <summary>Number of layers, from the first on, that see the picture.</summary>
    public required int EarlyLayers { get; init; }

    /// <summary>Slots that the picture fills.</summary>
    public required int Slots { get; init; }
}
