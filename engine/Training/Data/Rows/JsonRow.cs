using System.Text.Json;

namespace Herd.Engine.Training.Data.Rows;

/// <summary>Reads rows of JSON. Which kind a row is shows in its names.</summary>
/// <remarks>
/// <c>conversations</c> (LLaVA): the first <c>value</c> is asked, the second one the answer. <c>caption</c>: of the picture <c>image</c>, <c>url</c> or
/// <c>path</c>. <c>text</c>: learned as a whole. Else <c>instruction</c>, <c>input</c>, <c>output</c> (Alpaca). All but captions and texts may have an
/// <c>image</c>. Other names are passed over.
/// </remarks>
internal static class JsonRow
{
    private static readonly string[] PictureNames = ["image", "url", "path"];

    /// <summary>Reads the row that stands at the beginning of some bytes.</summary>
    /// <param name="bytes">The row, and what stands between it and the next.</param>
    /// <param name="isElement">Whether a comma or the array's end may stand behind it.</param>
    /// <returns>The row.</returns>
    /// <exception cref="BadRowException">It is damaged, or misses a field.</exception>
    public static TrainingRow Parse(ReadOnlySpan<byte> bytes, bool isElement)
    {
        try
        {
            using var document = ParseValue(bytes, isElement);
            return Read(document.RootElement);
        }
        catch (InvalidOperationException)
        {
            // What is no text inside a string is seen when the string is asked for.
            throw new BadRowException(RowFault.Damaged, "expected text, found bytes that are no UTF-8, or half a character");
        }
    }

    private static TrainingRow Read(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object)
        {
            throw new BadRowException(RowFault.Damaged, $"expected a JSON object, found {row.ValueKind}");
        }

        return row.TryGetProperty("conversations", out var turns) ? Conversation(turns, Optional(row, "image"))
            : row.TryGetProperty("caption", out _) ? Caption(row)
            : row.TryGetProperty("text", out _) ? new TrainingRow(null, null, Required(row, "text"), null)
            : new TrainingRow(Required(row, "instruction"), Optional(row, "input"), Required(row, "output"), Optional(row, "image"));
    }

    private static JsonDocument ParseValue(ReadOnlySpan<byte> bytes, bool isElement)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            var document = JsonDocument.ParseValue(ref reader);
            var rest = bytes[(int)reader.BytesConsumed..].Trim(" \t\r\n"u8);
            if (rest.IsEmpty || (isElement && rest[0] is (byte)',' or (byte)']'))
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException error)
        {
            throw new BadRowException(RowFault.Damaged, $"expected a JSON object, found damage at its byte {error.BytePositionInLine}");
        }

        throw new BadRowException(RowFault.Damaged, "expected one JSON object, found more behind it");
    }

    private static TrainingRow Conversation(JsonElement turns, string? picture)
    {
        if (turns.ValueKind != JsonValueKind.Array || turns.GetArrayLength() < 2)
        {
            throw new BadRowException(RowFault.MissingField, "expected 'conversations' with a question and an answer, found fewer");
        }

        return new TrainingRow(Value(turns[0]), null, Value(turns[1]), picture);
    }

    private static string Value(JsonElement turn) =>
        turn.ValueKind == JsonValueKind.Object ? Required(turn, "value") : throw Missing("value", turn.ValueKind);

    private static TrainingRow Caption(JsonElement row)
    {
        var name = Array.Find(PictureNames, name => row.TryGetProperty(name, out _)) ?? PictureNames[0];
        return new TrainingRow(TrainingRow.CaptionInstruction, null, Required(row, "caption"), Required(row, name));
    }

    private static string Required(JsonElement row, string name) => Optional(row, name) ?? throw Missing(name, null);

    private static string? Optional(JsonElement row, string name)
    {
        if (!row.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Missing(name, value.ValueKind);
    }

    private static BadRowException Missing(string name, JsonValueKind? found) =>
        new(RowFault.MissingField, $"expected a text as '{name}', found {found?.ToString() ?? "none"}");
}
