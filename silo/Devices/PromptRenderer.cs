using System.Collections.Immutable;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Engine.Prompts;
using Herd.Engine.Tokenization;
using EngineChatMessage = Herd.Engine.Prompts.ChatMessage;
using EngineChatRole = Herd.Engine.Prompts.ChatRole;

namespace Herd.Silo.Devices;

/// <summary>Makes ids of prompts.</summary>
internal static class PromptRenderer
{
    /// <summary>The bare base answers in the adapters' default form, so that the two compare.</summary>
    internal const string BaseTemplate = "alpaca";

    /// <summary>Renders and tokenises a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="templateName">The version's template.</param>
    /// <param name="tokenizer">The replica's tokenizer.</param>
    /// <returns>The ids.</returns>
    /// <exception cref="HerdException">The history was made by another tokenizer.</exception>
    /// <exception cref="Engine.EngineException">The messages are out of order.</exception>
    internal static RenderedPrompt Render(Prompt prompt, string templateName, LlamaTokenizer tokenizer)
    {
        switch (prompt)
        {
            case TextPrompt text:
                return new RenderedPrompt([], [.. tokenizer.Encode(text.Text, bos: true)], Template: null, []);
            case TokenPrompt tokens:
                return new RenderedPrompt([], tokens.Ids, Template: null, []);
            case ChatPrompt chat:
                var whole = PromptTemplate.Get(templateName);
                var rendered = whole.Render([.. chat.Messages.Select(ToEngine)], chat.Input);
                return new RenderedPrompt([], [.. tokenizer.Encode(rendered, bos: true)], whole.Name, whole.StopStrings);
            case TurnPrompt turn:
                return RenderTurn(turn, PromptTemplate.Get(templateName), tokenizer);
            default:
                throw new HerdException(HerdErrorCode.Internal, $"The replica does not know prompts of the kind {prompt.GetType().Name}.");
        }
    }

    private static RenderedPrompt RenderTurn(TurnPrompt turn, PromptTemplate template, LlamaTokenizer tokenizer)
    {
        if (turn.History.IsEmpty && turn.Opening is null)
        {
            return Rendered([], tokenizer.Encode(template.RenderOpening(turn.System, turn.User, turn.Input), bos: true));
        }

        if (turn.TokenizerDigest != tokenizer.Digest)
        {
            throw new HerdException(
                HerdErrorCode.Conflict,
                "The conversation was begun with another tokenizer than the base now has, so it cannot go on. Begin a new conversation.");
        }

        // What opened the dialogue was dropped: the first question that is kept opens it now. Answers stay the ids they were.
        int[] opening = turn.Opening is { } first ? tokenizer.Encode(template.RenderOpening(turn.System, first.User, first.Input), bos: true) : [];
        return Rendered([.. opening, .. turn.History], tokenizer.EncodeContinuation(template.RenderContinuation(turn.User, turn.Input)));

        RenderedPrompt Rendered(ImmutableArray<int> history, int[] added) => new(history, [.. added], template.Name, template.StopStrings);
    }

    private static EngineChatMessage ToEngine(Contracts.Models.ChatMessage message) => new(
        message.Role switch
        {
            Contracts.Models.ChatRole.System => EngineChatRole.System,
            Contracts.Models.ChatRole.User => EngineChatRole.User,
            _ => EngineChatRole.Assistant,
        },
        message.Text);
}
