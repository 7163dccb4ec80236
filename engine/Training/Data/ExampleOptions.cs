using Herd.Engine.Prompts;
using Herd.Engine.Vision;

namespace Herd.Engine.Training.Data;

/// <summary>What becomes of rows on their way to the model.</summary>
public sealed record ExampleOptions
{
    private const int FewestTokens = 2; // BOS, and something to predict

    /// <summary>Decides the order of the rows, and how pictures are cut.</summary>
    /// <value>Default 0.</value>
    public long Seed { get; init; }

    /// <summary>Longest that an example may be, in tokens; the end of longer ones is cut off, EOS with it.</summary>
    /// <value>Default 512, as in the official fine-tuning; the official pre-training has 96.</value>
    public int MaxTokens { get; init; } = 512;

    /// <summary>Prompt template, one of <see cref="PromptTemplate.All"/>.</summary>
    /// <value>Default <c>alpaca</c>.</value>
    public string Template { get; init; } = "alpaca";

    /// <summary>Whether pictures are cut by chance, anew in each pass, as in the official training: 0.9 to 1 of the area, 3/4 to 4/3 as wide as high.</summary>
    /// <value>Default false: pictures are prepared as the server prepares them, and their features may be kept.</value>
    public bool CutsPictures { get; init; }

    /// <summary>Colour order of the pictures.</summary>
    /// <value>Default red, green, blue; the official training has the other.</value>
    public ChannelOrder ChannelOrder { get; init; } = ChannelOrder.Rgb;

    /// <summary>What a picture may cost.</summary>
    public PictureLimits PictureLimits { get; init; } = PictureLimits.Default;

    /// <summary>Most bytes of a row.</summary>
    /// <value>Default 1 MiB.</value>
    public int MaxRowBytes { get; init; } = 1 << 20;

    /// <summary>Bad rows that are told one by one; all are counted.</summary>
    /// <value>Default 20.</value>
    public int MaxTold { get; init; } = 20;

    /// <summary>
    /// Whether rows without a picture are written as the official fine-tuning writes them by mistake: the instruction as a Python tuple of one,
    /// <c>('Give three tips.',)</c>, and an empty input as an input.
    /// </summary>
    /// <value>Default false.</value>
    public bool HasOfficialDefects { get; init; }

    /// <summary>Throws where a value is out of range.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming the value and its range.</exception>
    public void Validate()
    {
        _ = PromptTemplate.Get(Template);
        Expect(MaxTokens >= FewestTokens, $"MaxTokens is {MaxTokens}, expected at least {FewestTokens}.");
        Expect(MaxRowBytes >= 1, $"MaxRowBytes is {MaxRowBytes}, expected at least 1.");
        Expect(MaxTold >= 0, $"MaxTold is {MaxTold}, expected at least 0.");
    }

    private static void Expect(bool holds, string fault)
    {
        if (!holds)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, "Training data: " + fault);
        }
    }
}
