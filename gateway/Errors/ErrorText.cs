namespace Herd.Gateway.Errors;

/// <summary>Bounds what an error says: it may quote what a client sent, and gRPC puts it into headers.</summary>
internal static class ErrorText
{
    private const int MaxLength = 1000;

    /// <summary>Cuts a message to what fits.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Its beginning, where it is long.</returns>
    public static string Bound(string message) => message.Length <= MaxLength
        ? message
        : string.Concat(message.AsSpan(0, char.IsHighSurrogate(message[MaxLength - 1]) ? MaxLength - 1 : MaxLength), "...");
}
