namespace Herd.Engine.Tokenization;

/// <summary>The control tokens of Llama 3 in Meta's order. Names are those of 3.1; 3.0 had the same ones reserved where they differ.</summary>
internal static class Llama3Controls
{
    private const int Count = 256;

    private static readonly string[] Named =
    [
        "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>",
        "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>",
    ];

    /// <summary>The control tokens with their ids behind a number of tokens.</summary>
    public static Dictionary<string, int> Behind(int tokens)
    {
        var reserved = Enumerable.Range(3, Count - Named.Length).Select(number => $"<|reserved_special_token_{number}|>");
        return Named.Concat(reserved).Select((name, place) => (name, place)).ToDictionary(control => control.name, control => tokens + control.place);
    }
}
