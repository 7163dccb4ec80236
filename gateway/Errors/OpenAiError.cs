namespace Herd.Gateway.Errors;

/// <summary>An error in OpenAI's form.</summary>
/// <param name="Message">What is wrong, and what to do.</param>
/// <param name="Type">The family of errors.</param>
/// <param name="Param">The request field at fault, if one is.</param>
/// <param name="Code">The stable code.</param>
internal sealed record OpenAiError(string Message, string Type, string? Param, string Code);

/// <summary>The body of an error response.</summary>
/// <param name="Error">The error.</param>
internal sealed record OpenAiErrorBody(OpenAiError Error)
{
    /// <summary>The body for an error of the table.</summary>
    /// <param name="form">Its form.</param>
    /// <param name="message">Its message.</param>
    /// <param name="field">The request field at fault, if one is.</param>
    /// <returns>The body.</returns>
    public static OpenAiErrorBody Of(ErrorForm form, string message, string? field = null) =>
        new(new OpenAiError(ErrorText.Bound(message), form.Type, field, form.Code));
}
