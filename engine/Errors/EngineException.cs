namespace Herd.Engine;

/// <summary>What kind of failure an <see cref="EngineException"/> reports.</summary>
public enum EngineErrorCode
{
    /// <summary>A file is missing, damaged, hostile or not of the expected form.</summary>
    InvalidFile,

    /// <summary>A file is sound but does not fit the loaded base, for instance by its shapes.</summary>
    Incompatible,

    /// <summary>A request asks for something impossible, such as a negative temperature or an empty prompt.</summary>
    InvalidRequest,

    /// <summary>The prompt, or the prompt and the requested tokens together, exceed what one sequence may hold.</summary>
    TooLong,

    /// <summary>A picture is damaged, of a kind that is not allowed, or too large.</summary>
    InvalidPicture,

    /// <summary>The queue of waiting sequences is full; try again later.</summary>
    Overloaded,

    /// <summary>The engine is shutting down.</summary>
    Stopped,

    /// <summary>A fault of the engine itself while it computed the request.</summary>
    Fault,
}

/// <summary>A failure with a code that callers can act on. The message says what was expected, what was found, where, and what to do.</summary>
public class EngineException : Exception
{
    /// <summary>Makes a failure of the given kind.</summary>
    /// <param name="code">The kind of failure.</param>
    /// <param name="message">What was expected, what was found, where, and what to do.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public EngineException(EngineErrorCode code, string message, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
    }

    /// <summary>The kind of failure.</summary>
    public EngineErrorCode Code { get; }

    /// <summary>Of <see cref="EngineErrorCode.InvalidRequest"/>: the part of the request at fault, such as <c>top_p</c>, where it is one.</summary>
    public string? Field { get; init; }

    /// <summary>Of <see cref="EngineErrorCode.TooLong"/>: by how many tokens, where that is known.</summary>
    public int? ExcessTokens { get; init; }
}
