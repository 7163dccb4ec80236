namespace Herd.Engine.Adapters;

/// <summary>A component as the manifest names it.</summary>
public sealed record ManifestComponent
{
    /// <summary>Lower-case hexadecimal SHA-256 over its safetensors bytes.</summary>
    public required string Digest { get; init; }

    /// <summary>How many bytes those are.</summary>
    public required long Length { get; init; }

    /// <summary>Number of values.</summary>
    public required long Parameters { get; init; }

    /// <summary>Number of tensors.</summary>
    public required int Tensors { get; init; }
}
