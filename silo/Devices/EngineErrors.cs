using Herd.Contracts.Errors;
using Herd.Engine;

namespace Herd.Silo.Devices;

/// <summary>The one table from the engine's errors to those that cross grains.</summary>
internal static class EngineErrors
{
    internal static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    internal static HerdException ToHerd(EngineException exception) => exception.Code switch
    {
        EngineErrorCode.InvalidFile => new HerdException(HerdErrorCode.InvalidFile, exception.Message),
        EngineErrorCode.Incompatible => new HerdException(HerdErrorCode.IncompatibleAdapter, exception.Message),
        EngineErrorCode.InvalidRequest => new HerdException(HerdErrorCode.InvalidArgument, exception.Message) { Field = exception.Field },
        EngineErrorCode.TooLong => new HerdException(HerdErrorCode.ContextLengthExceeded, exception.Message) { ExcessTokens = exception.ExcessTokens },
        EngineErrorCode.InvalidPicture => new HerdException(HerdErrorCode.InvalidPicture, exception.Message),
        EngineErrorCode.Overloaded => new HerdException(HerdErrorCode.Busy, exception.Message) { RetryAfter = RetryAfter },
        EngineErrorCode.Stopped => new HerdException(HerdErrorCode.Draining, "The replica has stopped.") { RetryAfter = RetryAfter },
        _ => new HerdException(HerdErrorCode.Internal, "The replica failed. Its log says why."),
    };
}
