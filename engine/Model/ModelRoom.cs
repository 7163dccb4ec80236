namespace Herd.Engine.Model;

/// <summary>How much a model holds beside its weights.</summary>
/// <param name="Adapters">Slots for adapters beside slot 0.</param>
/// <param name="Blocks">Blocks of the key/value cache.</param>
/// <param name="Positions">Most tokens of a sequence.</param>
internal sealed record ModelRoom(int Adapters, int Blocks, int Positions);
