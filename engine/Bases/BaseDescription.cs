namespace Herd.Engine.Bases;

/// <summary>A base: what it is called and how large it is.</summary>
/// <param name="Digest">Lower-case hexadecimal SHA-256 over weights, configuration and tokenizer, and the image encoder where one is loaded.</param>
/// <param name="Config">Its sizes.</param>
/// <param name="Parameters">Number of its values, the image encoder not counted.</param>
public sealed record BaseDescription(string Digest, LlamaConfig Config, long Parameters);
