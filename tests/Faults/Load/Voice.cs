namespace Herd.Faults.Load;

/// <summary>Models that answer differently.</summary>
internal enum Voice
{
    /// <summary>The bare base.</summary>
    Base,

    /// <summary>An adapter that scales at the input.</summary>
    Input,

    /// <summary>The same file scaling at the output.</summary>
    Output,
}

/// <summary>An adapter to upload: each of them is another version.</summary>
/// <param name="Voice">How it answers prompts without a template.</param>
/// <param name="Template">Its template.</param>
internal sealed record AdapterForm(Voice Voice, string Template)
{
    /// <summary>The template of the versions that conversations use.</summary>
    public const string Usual = "chat-v1";

    /// <summary>The golden file that all are made of.</summary>
    public const string File = "CHAT-BIAS-SCALE-NORM.pth";

    /// <summary>All forms; the first two are there from the beginning.</summary>
    public static IReadOnlyList<AdapterForm> All { get; } =
        [.. new[] { Usual, "raw", "alpaca", "bair-v1" }.SelectMany(template => new[] { Voice.Input, Voice.Output }.Select(voice => new AdapterForm(voice, template)))];

    /// <summary>What an upload says about the file.</summary>
    public string Query => $"visual_heads=4&template={Template}&scale_order={(Voice == Voice.Input ? "input" : "output")}";
}
