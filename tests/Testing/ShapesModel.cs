using System.Text.Json;

namespace Herd.Testing;

/// <summary>A question to the trained example model, with what a float32 program answers.</summary>
/// <param name="Instruction">The instruction, for the Alpaca template.</param>
/// <param name="Input">Its input; null for none.</param>
/// <param name="Picture">Path of the picture; null for none.</param>
/// <param name="PromptIds">Ids of the whole prompt.</param>
/// <param name="Ids">Ids of the expected answer.</param>
/// <param name="Text">The expected answer.</param>
/// <param name="Gap">Smallest distance between the best and second-best logit on the way.</param>
public sealed record ShapesCase(string Instruction, string? Input, string? Picture, int[] PromptIds, int[] Ids, string Text, double Gap);

/// <summary>The trained example model, where it lies beside the checkout.</summary>
public static class ShapesModel
{
    /// <summary>Its folder; null where it is absent.</summary>
    public static string? Folder => RepositoryFiles.Shapes;

    /// <summary>A file of the model.</summary>
    /// <param name="path">Its path within the folder.</param>
    /// <returns>The whole path.</returns>
    public static string In(params string[] path) => Path.Combine([Folder!, .. path]);

    /// <summary>All questions with a picture, as an adapter answers them.</summary>
    /// <param name="adapter">The adapter's name.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<ShapesCase> Questions(string adapter)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(In("questions.json")));
        return
        [
            .. file.RootElement.EnumerateArray().SelectMany(picture => picture.GetProperty("questions").EnumerateArray()
                .Select(question => Case(question, adapter, In("pictures", picture.GetProperty("picture").GetString()!)))).OfType<ShapesCase>(),
        ];
    }

    /// <summary>All instructions without a picture, as an adapter or the bare base answers them.</summary>
    /// <param name="adapter">The adapter's name, or <c>base</c>.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<ShapesCase> Instructions(string adapter)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(In("instructions.json")));
        return [.. file.RootElement.EnumerateArray().Select(item => Case(item, adapter, null)).OfType<ShapesCase>()];
    }

    private static ShapesCase? Case(JsonElement item, string adapter, string? picture)
    {
        if (!item.GetProperty("output").TryGetProperty(adapter, out var output))
        {
            return null;
        }

        return new ShapesCase(
            item.GetProperty("instruction").GetString()!,
            item.TryGetProperty("input", out var input) ? input.GetString() : null,
            picture,
            Ids(item.GetProperty("prompt_ids")),
            Ids(output.GetProperty("ids")),
            output.GetProperty("text").GetString()!,
            output.GetProperty("min_top2_gap").GetDouble());
    }

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];
}
