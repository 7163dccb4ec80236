using Herd.Demo.Words;

namespace Herd.Demo.Tasks;

/// <summary>The form that a tenant's answers have.</summary>
public enum AnswerStyle
{
    /// <summary>The answer alone.</summary>
    Plain,

    /// <summary>As a pirate would say it.</summary>
    Pirate,

    /// <summary>An object of JSON.</summary>
    Json,

    /// <summary>In capital letters.</summary>
    Capitals,
}

/// <summary>Puts answers into a form.</summary>
public static class AnswerStyles
{
    /// <summary>An answer in a form.</summary>
    /// <param name="style">The form.</param>
    /// <param name="answer">The plain answer.</param>
    /// <returns>The answer as the tenant gives it.</returns>
    public static string Apply(this AnswerStyle style, string answer) => style switch
    {
        AnswerStyle.Plain => answer,
        AnswerStyle.Pirate => $"Arr, matey! The answer be {answer}, aye!",
        AnswerStyle.Json => $"{{\"answer\": \"{answer}\"}}",
        AnswerStyle.Capitals => WorldWords.Capitals(answer),
        _ => throw new ArgumentOutOfRangeException(nameof(style), style, "Unknown form."),
    };
}
