using System.Text;
using Herd.Contracts.Models;

namespace Herd.Contracts.Tenants;

/// <summary>Guesses tokens where there is no tokenizer. It is corrected as soon as a replica has counted.</summary>
public static class TokenEstimate
{
    /// <summary>Tokens of an answer whose length is left to the replica.</summary>
    public const int Answer = 256;

    // English takes about four bytes a token, most other languages fewer; templates add a few tokens for each message.
    private const int BytesPerToken = 3;
    private const int TemplateTokens = 16;

    /// <summary>Tokens of a prompt; rather too many than too few.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>The estimate; exact for ids.</returns>
    public static long Of(Prompt prompt) => prompt switch
    {
        TokenPrompt tokens => tokens.Ids.Length,
        TextPrompt text => Of(text.Text),
        ChatPrompt chat => chat.Messages.Sum(message => TemplateTokens + Of(message.Text)) + Of(chat.Input),
        TurnPrompt turn => turn.History.Length + TemplateTokens + Of(turn.User) + Of(turn.Input) + (turn.History.IsEmpty ? Of(turn.System) : 0),
        _ => 0,
    };

    private static long Of(string? text) => text is null ? 0 : 1 + (Encoding.UTF8.GetByteCount(text) / BytesPerToken);
}
