using Herd.Contracts.Errors;

namespace Herd.Gateway.Grpc;

/// <summary>How much a list returns at one time.</summary>
internal static class PageSize
{
    private const int Default = 20;
    private const int Maximum = 100;

    /// <summary>Reads a page size.</summary>
    /// <param name="requested">What the client asked for; 0 for the default.</param>
    /// <returns>1 to 100.</returns>
    /// <exception cref="HerdException">It is out of range.</exception>
    public static int Read(int requested) => requested switch
    {
        0 => Default,
        >= 1 and <= Maximum => requested,
        _ => throw HerdException.Invalid("page_size", $"'page_size' must be 1 to {Maximum}, or 0 for {Default}."),
    };
}
