namespace Herd.Engine.Training.Data;

/// <summary>Why a row of training data is passed over.</summary>
public enum RowFault
{
    /// <summary>It is no JSON, no UTF-8, or has not the columns of its table.</summary>
    Damaged,

    /// <summary>A field is missing or of another type.</summary>
    MissingField,

    /// <summary>There is nothing to learn in its answer.</summary>
    EmptyAnswer,

    /// <summary>Its prompt alone fills the room that a row may take.</summary>
    PromptTooLong,

    /// <summary>It takes more bytes than a row may have.</summary>
    TooLarge,

    /// <summary>Its picture is missing, may not be read, or cannot be decoded.</summary>
    Picture,
}
