namespace Herd.Faults.Load;

/// <summary>Models that answer differently.</summary>
internal enum Voice
{
    /// <summary>The bare base.</summary>
    Base,

    /// <summary>An adapter that tunes the base's layers.</summary>
    Tuned,

    /// <summary>An adapter that puts prompts in front.</summary>
    Prefixed,
}

/// <summary>An adapter to upload: each of them is another version.</summary>
/// <param name="Voice">How it answers prompts without a template.</param>
/// <param name="Template">Its template.</param>
internal sealed record AdapterForm(Voice Voice, string Template)
{
    private static readonly Voice[] Voices = [Voice.Tuned, Voice.Prefixed];

    // The templates of the versions that conversations use stand first.
    private static readonly string[] Templates = ["alpaca", "raw", "chat-v1", "bair-v1"];

    /// <summary>All forms.</summary>
    public static IReadOnlyList<AdapterForm> All { get; } = [.. Templates.SelectMany(template => Voices.Select(voice => new AdapterForm(voice, template)))];

    /// <summary>Those that are there from the beginning, one for each voice.</summary>
    public static IReadOnlyList<AdapterForm> Initial { get; } = [.. All.Take(Voices.Length)];

    /// <summary>The golden file it is made of.</summary>
    public string File => Voice == Voice.Tuned ? "CHAT-BIAS-SCALE-NORM.pth" : "V1-PREFIX.pth";

    /// <summary>What an upload says about the file.</summary>
    public string Query => $"template={Template}{(Voice == Voice.Prefixed ? "&prompt_length=20" : "")}";
}
