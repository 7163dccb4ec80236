namespace Herd.Engine.Adapters;

/// <summary>The prompts as the manifest tells them. They belong to the last <see cref="Layers"/> layers of the base.</summary>
public sealed record ManifestPrompts
{
    /// <summary>The first layer that has prompts.</summary>
    public required int FirstLayer { get; init; }

    /// <summary>What turns a stored gate into the factor of the prompts' attention.</summary>
    public required GateForm Gate { get; init; }

    /// <summary>What projects them to keys and values.</summary>
    public required PromptProjection KeyValues { get; init; }

    /// <summary>Number of layers that have prompts.</summary>
    public required int Layers { get; init; }

    /// <summary>Prompt slots of a layer.</summary>
    public required int Length { get; init; }
}
