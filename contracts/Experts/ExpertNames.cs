using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;

namespace Herd.Contracts.Experts;

/// <summary>How experts are named: <c>ocr</c>, the name of one that the operator set up, or <c>caption:</c> with an adapter that describes pictures.</summary>
public static class ExpertNames
{
    /// <summary>Reads the words in a picture.</summary>
    public const string Ocr = "ocr";

    /// <summary>What stands before the adapter that describes a picture.</summary>
    public const string CaptionPrefix = "caption:";

    /// <summary>Most experts of one request.</summary>
    public const int Most = 8;

    /// <summary>Throws unless names are well formed, each there once, and not too many. Whether there is such an expert is told with the answer.</summary>
    /// <param name="names">The names.</param>
    /// <param name="field">The request field they came in.</param>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.InvalidArgument"/>: they are not.</exception>
    public static void Check(IReadOnlyList<string> names, string field = "experts")
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Count > Most || names.Distinct(StringComparer.Ordinal).Count() < names.Count)
        {
            throw HerdException.Invalid(field, $"'{field}' must name at most {Most} experts, each once.");
        }

        foreach (var name in names)
        {
            if (CaptionerOf(name) is { } captioner)
            {
                ModelReference.Parse(captioner, field);
            }
            else if (!GrainKeys.IsName(name))
            {
                throw HerdException.Invalid(
                    field, $"'{field}' must hold '{Ocr}', names of the operator's experts, or '{CaptionPrefix}' with an adapter. Names are {GrainKeys.NameRule}.");
            }
        }
    }

    /// <summary>The adapter that a captioner's name stands for.</summary>
    /// <param name="name">An expert's name.</param>
    /// <returns>The reference to the adapter; null where the name is no captioner's.</returns>
    public static string? CaptionerOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith(CaptionPrefix, StringComparison.Ordinal) ? name[CaptionPrefix.Length..] : null;
    }
}
