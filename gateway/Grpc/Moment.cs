using Google.Protobuf.WellKnownTypes;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Grpc;

/// <summary>Reads moments: a message may hold numbers that are none.</summary>
internal static class Moment
{
    /// <summary>Reads a moment.</summary>
    /// <param name="timestamp">The message; null where the field is absent.</param>
    /// <param name="field">The field.</param>
    /// <returns>The moment, or null.</returns>
    /// <exception cref="HerdException">It lies outside the years 1 to 9999.</exception>
    public static DateTimeOffset? Read(Timestamp? timestamp, string field)
    {
        try
        {
            return timestamp?.ToDateTimeOffset();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentOutOfRangeException)
        {
            throw HerdException.Invalid(field, $"'{field}' must be a moment of the years 1 to 9999, in seconds and nanoseconds.");
        }
    }
}
