using Herd.Contracts.Errors;

namespace Herd.Gateway.Serving;

/// <summary>How much a list returns at one time.</summary>
internal static class PageSize
{
    private const int Default = 20;
    private const int Maximum = 100;

    /// <summary>Reads a page size.</summary>
    /// <param name="requested">What the client asked for; 0 for the default.</param>
    /// <param name="field">The field's name on the wire.</param>
    /// <returns>1 to 100.</returns>
    /// <exception cref="HerdException">It is out of range.</exception>
    public static int Read(int requested, string field = "page_size") => requested switch
    {
        0 => Default,
        >= 1 and <= Maximum => requested,
        _ => throw HerdException.Invalid(field, $"'{field}' must be 1 to {Maximum}, or 0 for {Default}."),
    };
}
