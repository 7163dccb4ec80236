namespace Herd.Gateway.Keys;

/// <summary>A tenant's key as the client sent it: <c>herd_id_secret</c>.</summary>
/// <param name="Id">The part it is looked up by.</param>
/// <param name="Secret">The part that is compared.</param>
internal readonly record struct ApiKey(string Id, string Secret)
{
    /// <summary>How every key begins.</summary>
    public const string Prefix = "herd_";

    private const int MaximumLength = 256;

    /// <summary>Reads a key.</summary>
    /// <param name="text">What was sent.</param>
    /// <returns>The key, or null where the text is none.</returns>
    public static ApiKey? Parse(string text)
    {
        if (text.Length > MaximumLength || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var separator = text.IndexOf('_', Prefix.Length);
        if (separator < 0 || separator == text.Length - 1)
        {
            return null;
        }

        var id = text[Prefix.Length..separator];
        return id.Length > 0 && id.All(char.IsAsciiLetterOrDigit) ? new ApiKey(id, text[(separator + 1)..]) : null;
    }

    /// <summary>Tells no secret.</summary>
    /// <returns>The key's id.</returns>
    public override string ToString() => $"{Prefix}{Id}_...";
}
