using System.Text;

namespace Herd.Engine.Checkpoints;

/// <summary>A model file that is missing, damaged, hostile or not what was expected. Its message names file and tensor, never a folder.</summary>
public sealed class CheckpointException : EngineException
{
    internal const string CopyAgain = "The file is damaged; copy it again.";
    internal const string SaveAgain = "Load the file in Python and save it again with torch.save.";
    internal const string SavePlain = "Save a flat dictionary of tensors, or {'model': tensors, 'config': values}.";

    private const int LongestQuote = 120;
    private const int LongestPart = 400;

    /// <summary>Makes a failure with <see cref="EngineErrorCode.InvalidFile"/>.</summary>
    /// <param name="file">The path of the file.</param>
    /// <param name="tensor">The tensor concerned, or null where the failure concerns the file as a whole.</param>
    /// <param name="expected">What a sound file would hold.</param>
    /// <param name="found">What this one holds.</param>
    /// <param name="cure">What to do about it, as a sentence.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public CheckpointException(string file, string? tensor, string expected, string found, string cure, Exception? inner = null)
        : base(EngineErrorCode.InvalidFile, Describe(file, tensor, expected, found, cure), inner)
    {
        File = file;
        Tensor = tensor;
    }

    /// <summary>The path of the file.</summary>
    public string File { get; }

    /// <summary>The tensor concerned, or null where the failure concerns the file as a whole.</summary>
    public string? Tensor { get; }

    /// <summary>Text from a file, fit for a message: quoted, cut to a sensible length, control characters replaced.</summary>
    internal static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, LongestQuote)))
        {
            quoted.Append(char.IsControl(character) || char.IsSurrogate(character) ? '?' : character);
        }

        return quoted.Append(text.Length > LongestQuote ? "...'" : "'").ToString();
    }

    /// <summary>Part of a message, which may quote a file: cut to a sensible length.</summary>
    internal static string Brief(string part) => part.Length > LongestPart ? part[..LongestPart] + "..." : part;

    /// <summary>A shape as messages show it.</summary>
    internal static string Describe(ReadOnlySpan<long> shape)
    {
        var shown = shape[..Math.Min(shape.Length, StoredType.MaxRank)].ToArray();
        return $"[{string.Join(", ", shown)}{(shown.Length < shape.Length ? ", ..." : "")}]";
    }

    private static string Describe(string file, string? tensor, string expected, string found, string cure)
    {
        var where = tensor is null ? "" : $"tensor {Quote(tensor)}: ";
        return $"{Path.GetFileName(file)}: {where}expected {Brief(expected)}, found {Brief(found)}. {cure}";
    }
}
