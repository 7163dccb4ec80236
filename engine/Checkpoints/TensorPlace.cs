namespace Herd.Engine.Checkpoints;

/// <summary>Where a tensor's values lie, contiguous and little-endian, so that they can be used in place.</summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">The first byte.</param>
public readonly record struct TensorPlace(string Path, long Offset);
