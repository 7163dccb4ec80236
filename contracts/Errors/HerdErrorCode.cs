namespace Herd.Contracts.Errors;

/// <summary>Every way in which Herd says no. The gateway maps each code to one gRPC status and one HTTP status, in one table.</summary>
public enum HerdErrorCode
{
    /// <summary>A fault of Herd itself. The message tells no details; the log does.</summary>
    Internal,

    /// <summary>A field is missing, of the wrong type, or out of range.</summary>
    InvalidArgument,

    /// <summary>No key was sent, or it is unknown, expired or revoked.</summary>
    Unauthenticated,

    /// <summary>The key is sound, but may not do this.</summary>
    PermissionDenied,

    /// <summary>The named thing does not exist, or belongs to somebody else; the two look alike.</summary>
    NotFound,

    /// <summary>A thing of this name exists already.</summary>
    AlreadyExists,

    /// <summary>The thing's state does not allow the call now, for instance a second turn while one runs.</summary>
    Conflict,

    /// <summary>The prompt and the requested tokens exceed the context.</summary>
    ContextLengthExceeded,

    /// <summary>The tenant is over one of its limits; the exception says when to retry.</summary>
    LimitExceeded,

    /// <summary>The cluster is full; the exception says when to retry.</summary>
    Overloaded,

    /// <summary>An uploaded file is damaged, hostile or of an unknown form.</summary>
    InvalidFile,

    /// <summary>An adapter does not fit the base.</summary>
    IncompatibleAdapter,

    /// <summary>A picture is damaged, of a kind that is not allowed, or too large.</summary>
    InvalidPicture,

    /// <summary>This replica does not hold the adapter version; another may.</summary>
    NotResident,

    /// <summary>This replica is full; another may have room.</summary>
    Busy,

    /// <summary>This replica is shutting down; another serves.</summary>
    Draining,

    /// <summary>No replica, or no database, can be reached now; the exception says when to retry.</summary>
    Unavailable,

    /// <summary>The call was cancelled by its caller.</summary>
    Cancelled,

    /// <summary>The tenant has all it may have of what is kept, or asks for more than it may at one time: waiting does not help.</summary>
    QuotaExceeded,

    /// <summary>An answer that was lost in the middle goes otherwise now; what was read of it is void.</summary>
    Restarted,

    /// <summary>Another process serves the thing now; the same call made again reaches it.</summary>
    Moved,

    /// <summary>What the client sends comes too slowly, or not at all.</summary>
    TooSlow,
}
