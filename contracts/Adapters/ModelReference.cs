using System.Text.RegularExpressions;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;

namespace Herd.Contracts.Adapters;

/// <summary>What the field <c>model</c> of a request names: <c>base</c>, <c>adapter</c>, <c>adapter@alias</c> or <c>adapter@sha256:digest</c>.</summary>
public sealed partial record ModelReference
{
    /// <summary>The name of the bare base; no adapter may be called so.</summary>
    public const string BaseName = "base";

    /// <summary>What stands in front of a version's digest.</summary>
    public const string DigestPrefix = "sha256:";

    private ModelReference(string? adapter, string? version)
    {
        Adapter = adapter;
        Version = version;
    }

    /// <summary>The bare base.</summary>
    public static ModelReference Base { get; } = new(null, null);

    /// <summary>The adapter's name; null for the bare base.</summary>
    public string? Adapter { get; }

    /// <summary>What <see cref="IAdapterGrain.Resolve"/> takes: an alias, <c>sha256:digest</c>, or null for the default alias.</summary>
    public string? Version { get; }

    /// <summary>Reads a reference.</summary>
    /// <param name="text">The reference as the client wrote it.</param>
    /// <param name="field">The request field it came in.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.InvalidArgument"/>: none of the four forms.</exception>
    public static ModelReference Parse(string? text, string field = "model")
    {
        if (text == BaseName)
        {
            return Base;
        }

        var at = text?.IndexOf('@', StringComparison.Ordinal) ?? -1;
        var adapter = at < 0 ? text : text![..at];
        var version = at < 0 ? null : text![(at + 1)..];
        if (!GrainKeys.IsName(adapter) || adapter == BaseName || (version is not null && !IsVersion(version)))
        {
            throw HerdException.Invalid(
                field,
                $"'{field}' must be '{BaseName}', 'adapter', 'adapter@alias' or 'adapter@{DigestPrefix}digest'. Names are {GrainKeys.NameRule}; a digest is 64 of 0-9 and a-f.");
        }

        return new ModelReference(adapter, version);
    }

    /// <summary>The digest that a reference to a version names directly, or null where it is an alias.</summary>
    /// <param name="version">An alias or <c>sha256:digest</c>.</param>
    /// <returns>The digest without its prefix.</returns>
    public static string? DigestOf(string version) =>
        version.StartsWith(DigestPrefix, StringComparison.Ordinal) ? version[DigestPrefix.Length..] : null;

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    /// <returns>The reference.</returns>
    public override string ToString() => Adapter is null ? BaseName : Version is null ? Adapter : $"{Adapter}@{Version}";

    private static bool IsVersion(string version) => DigestOf(version) is { } digest ? DigestPattern().IsMatch(digest) : GrainKeys.IsName(version);

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex DigestPattern();
}
