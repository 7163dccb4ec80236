using System.Collections.Immutable;
using System.Text.Json;
using Herd.Contracts.Errors;
using Herd.Contracts.Models;

namespace Herd.Gateway.OpenAi;

/// <summary>Reads the body of a chat completion.</summary>
internal static class ChatRequestReader
{
    private static readonly string[] RefusedInMessages = ["name", "tool_calls", "function_call", "audio"];

    /// <summary>Reads a body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="options">The limits.</param>
    /// <returns>The request.</returns>
    /// <exception cref="HerdException">A field is missing, of the wrong type, or asks for what is not honoured.</exception>
    public static OpenAiRequest Read(JsonElement body, GatewayOptions options)
    {
        var fields = JsonFields.Of(body);
        RefusedFields.CheckChat(fields);
        var messages = fields.Require("messages");
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw JsonFields.Wrong("messages", "an array of at least one message", messages);
        }

        // One picture is in force for a whole sequence: the last one sent.
        var pictures = new List<DataUrl>();
        var dialogue = ImmutableArray.CreateBuilder<ChatMessage>();
        foreach (var message in messages.EnumerateArray())
        {
            dialogue.Add(ReadMessage(JsonFields.Of(message, $"messages[{dialogue.Count}]"), pictures));
        }

        var prompt = new ChatPrompt(dialogue.ToImmutable(), fields.Find("input") is { } input ? JsonFields.Text(input, "input") : null);
        ReadOnlyMemory<byte>? picture = pictures.Count > 0 ? pictures[^1].Decode(options.MaxPictureBytes) : default(ReadOnlyMemory<byte>?);
        return CommonFields.Read(fields, [prompt], picture, ReadLikeliest(fields), options.MaxChoices) with { Pictures = pictures.Count };
    }

    private static int? ReadLikeliest(JsonFields fields)
    {
        var likeliest = CommonFields.ReadLikeliest(fields, "top_logprobs");
        if (!fields.Flag("logprobs"))
        {
            return likeliest is null or 0 ? null : throw HerdException.Invalid("top_logprobs", "'top_logprobs' is only allowed where 'logprobs' is true.");
        }

        return likeliest ?? 0;
    }

    private static ChatMessage ReadMessage(JsonFields fields, List<DataUrl> pictures)
    {
        foreach (var name in RefusedInMessages)
        {
            if (fields.Find(name) is { } value && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0))
            {
                throw HerdException.Invalid(fields.PathOf(name), $"'{fields.PathOf(name)}' is not supported. Leave it out.");
            }
        }

        var role = ReadRole(fields);
        var path = fields.PathOf("content");
        var content = fields.Require("content");
        return new ChatMessage(role, content.ValueKind switch
        {
            JsonValueKind.String => JsonFields.Text(content, path),
            JsonValueKind.Array => ReadParts(content, path, role, pictures),
            _ => throw JsonFields.Wrong(path, "a string or an array of parts", content),
        });
    }

    private static ChatRole ReadRole(JsonFields fields) => fields.RequireText("role") switch
    {
        "system" or "developer" => ChatRole.System,
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        _ => throw HerdException.Invalid(fields.PathOf("role"), $"'{fields.PathOf("role")}' must be system, developer, user or assistant."),
    };

    private static string ReadParts(JsonElement parts, string path, ChatRole role, List<DataUrl> pictures)
    {
        var texts = new List<string>();
        var index = 0;
        foreach (var part in parts.EnumerateArray())
        {
            var fields = JsonFields.Of(part, $"{path}[{index++}]");
            switch (fields.RequireText("type"))
            {
                case "text":
                    texts.Add(fields.RequireText("text"));
                    break;
                case "image_url" when role == ChatRole.User:
                    var image = JsonFields.Of(fields.Require("image_url"), fields.PathOf("image_url"));
                    pictures.Add(DataUrl.Parse(image.RequireText("url"), image.PathOf("url")));
                    break;
                case "image_url":
                    throw HerdException.Invalid(fields.PathOf("type"), "Only messages of the user may hold pictures.");
                default:
                    throw HerdException.Invalid(fields.PathOf("type"), $"'{fields.PathOf("type")}' must be text or image_url.");
            }
        }

        return string.Join('\n', texts);
    }
}
