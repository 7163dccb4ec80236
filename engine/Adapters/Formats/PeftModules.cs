using System.Text.RegularExpressions;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>Which modules a field of a PEFT configuration means.</summary>
/// <remarks>
/// Names stand at the end of a module's path, behind a dot. A text by itself is a pattern for the whole path, but <c>all-linear</c>. Patterns come from
/// tenants, so they run without backtracking, in time that grows with the path alone.
/// </remarks>
internal sealed class PeftModules
{
    private const string AllLinear = "all-linear";
    private const int LongestPattern = 1000;

    private readonly Func<string, bool> _match;

    private PeftModules(Func<string, bool> match) => _match = match;

    internal static PeftModules Named(IReadOnlyList<string> names) =>
        new(module => names.Any(name => module == name || module.EndsWith("." + name, StringComparison.Ordinal)));

    internal static PeftModules Whole(string pattern, Func<string, CheckpointException> refuse) =>
        pattern == AllLinear ? new PeftModules(_ => true) : Matching($"^(?:{pattern})$", pattern, refuse);

    /// <summary>A pattern for the end of a path, from its beginning or behind a dot.</summary>
    internal static PeftModules Ending(string pattern, Func<string, CheckpointException> refuse) => Matching($@"^(?:.*\.)?(?:{pattern})$", pattern, refuse);

    /// <summary>Whether a module is meant.</summary>
    /// <param name="module">Its path, <c>model.layers.0.self_attn.q_proj</c>.</param>
    internal bool Match(string module) => _match(module);

    private static PeftModules Matching(string whole, string pattern, Func<string, CheckpointException> refuse)
    {
        if (pattern.Length > LongestPattern)
        {
            throw refuse($"a pattern of at most {LongestPattern} characters");
        }

        try
        {
            return new PeftModules(new Regex(whole, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant).IsMatch);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw refuse("a regular expression without look-around and back-references");
        }
    }
}
