using System.Text;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Serving;

/// <summary>Keeps prompts within what the cluster's messages may carry.</summary>
internal sealed class PromptLimits(IOptions<GatewayOptions> options)
{
    // What a message of a dialogue costs beside its text, in the template as on the wire.
    private const int MessageBytes = 16;

    /// <summary>Throws where a prompt is larger than allowed.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.ContextLengthExceeded"/>: it is.</exception>
    public void Check(Prompt prompt) => Check("prompt", SizeOf(prompt));

    /// <summary>Throws where texts together are larger than allowed.</summary>
    /// <param name="field">The request field they came in.</param>
    /// <param name="texts">The texts.</param>
    /// <exception cref="HerdException"><see cref="HerdErrorCode.ContextLengthExceeded"/>: they are.</exception>
    public void Check(string field, params IEnumerable<string?> texts) => Check(field, texts.Sum(SizeOf));

    private void Check(string field, long bytes)
    {
        var limit = options.Value.MaxPromptBytes;
        if (bytes > limit)
        {
            throw new HerdException(HerdErrorCode.ContextLengthExceeded, $"'{field}' has {bytes} bytes; at most {limit} are allowed.")
            {
                Field = field,
            };
        }
    }

    private static long SizeOf(Prompt prompt) => prompt switch
    {
        TextPrompt text => SizeOf(text.Text),
        TokenPrompt tokens => sizeof(int) * (long)tokens.Ids.Length,
        ChatPrompt chat => chat.Messages.Sum(message => MessageBytes + SizeOf(message.Text)) + SizeOf(chat.Input),
        _ => 0,
    };

    private static long SizeOf(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
