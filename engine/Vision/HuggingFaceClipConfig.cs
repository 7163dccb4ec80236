using System.Text.Json;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Vision;

/// <summary>Holds the settings beside Hugging Face's weights to what the encoder and its preprocessing compute: most of them stand in no tensor.</summary>
/// <remarks>A field that is absent says nothing. Fields that change no value here (names of classes, versions, layouts) are passed over.</remarks>
internal sealed class HuggingFaceClipConfig
{
    private const int MaxBytes = 1 << 20;
    private const int MaxDepth = 16;
    private const int Bicubic = 3; // Pillow's number
    private const string StepPrefix = "do_";

    /// <summary>Is always done, and changes nothing of pictures that are RGB.</summary>
    private const string Conversion = "do_convert_rgb";

    private static readonly string[] Steps = ["do_resize", "do_center_crop", "do_rescale", "do_normalize"];

    private readonly string _path;
    private readonly JsonElement _root;

    private HuggingFaceClipConfig(string path, JsonElement root) => (_path, _root) = (path, root);

    /// <summary>Checks the files that are there.</summary>
    /// <param name="folder">The folder of the weights.</param>
    /// <param name="shape">The encoder's dimensions, from its tensors.</param>
    /// <exception cref="CheckpointException">A file is not JSON, or asks for something else; the message names file and field.</exception>
    public static void Check(string folder, ClipShape shape)
    {
        Check(Path.Combine(folder, "config.json"), config => config.ExpectEncoder(shape));
        Check(Path.Combine(folder, "preprocessor_config.json"), config => config.ExpectPreprocessing(shape.ImageSize));
    }

    private static void Check(string path, Action<HuggingFaceClipConfig> check)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var file = FileBytes.Open(path);
        if (file.Length > MaxBytes)
        {
            throw new CheckpointException(path, null, $"at most {MaxBytes} bytes", $"{file.Length}", CheckpointException.CopyAgain);
        }

        var json = new byte[file.Length];
        file.Read(0, json);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            check(new HuggingFaceClipConfig(path, document.RootElement));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(path, null, "a configuration in JSON", error.Message.TrimEnd('.'), CheckpointException.CopyAgain, error);
        }
    }

    private void ExpectEncoder(ClipShape shape)
    {
        var vision = _root.TryGetProperty("vision_config", out var within) ? within : _root;
        Expect(vision, "hidden_act", "'quick_gelu'", value => value.ValueKind == JsonValueKind.String && value.ValueEquals("quick_gelu"));
        ExpectNumber(vision, "layer_norm_eps", 1e-5);
        ExpectNumber(vision, "hidden_size", shape.Width);
        ExpectNumber(vision, "num_attention_heads", shape.Heads);
        ExpectNumber(vision, "intermediate_size", shape.MlpWidth);
        ExpectNumber(vision, "num_hidden_layers", shape.Layers);
        ExpectNumber(vision, "num_channels", ClipShape.Colours);
        ExpectNumber(vision, "patch_size", shape.Patch);
        ExpectNumber(vision, "image_size", shape.ImageSize);

        // Beside a text tower, that of the whole counts; the one inside is often left at its default.
        ExpectNumber(_root, "projection_dim", shape.OutputWidth);
    }

    private void ExpectPreprocessing(int side)
    {
        foreach (var step in _root.EnumerateObject().Where(field => field.Name.StartsWith(StepPrefix, StringComparison.Ordinal) && field.Name != Conversion))
        {
            var expected = Steps.Contains(step.Name);
            Expect(_root, step.Name, expected ? "true" : "false", value => value.ValueKind == (expected ? JsonValueKind.True : JsonValueKind.False));
        }

        Expect(_root, "size", $"{side} for the short side", value => IsNumber(value, side) || IsEach(value, side, "shortest_edge"));
        Expect(_root, "crop_size", $"{side}", value => IsNumber(value, side) || IsEach(value, side, "height", "width"));
        Expect(_root, "resample", $"{Bicubic} (bicubic)", value => IsNumber(value, Bicubic));
        Expect(_root, "rescale_factor", "1/255", value => IsSingle(value, 1f / byte.MaxValue));
        ExpectNumbers("image_mean", ClipPreprocessor.Mean);
        ExpectNumbers("image_std", ClipPreprocessor.Deviation);
    }

    private void ExpectNumber(JsonElement holder, string field, double expected) => Expect(holder, field, $"{expected}", value => IsNumber(value, expected));

    private void ExpectNumbers(string field, IReadOnlyList<float> expected) => Expect(
        _root,
        field,
        $"[{string.Join(", ", expected)}]",
        value => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == expected.Count && value.EnumerateArray().Zip(expected).All(pair => IsSingle(pair.First, pair.Second)));

    private void Expect(JsonElement holder, string field, string expected, Func<JsonElement, bool> fits)
    {
        if (holder.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null && !fits(value))
        {
            throw new CheckpointException(_path, null, $"{expected} as {CheckpointException.Quote(field)} of the image encoder", CheckpointException.Quote(value.GetRawText()), "Take OpenAI's CLIP with its own settings; other kinds compute something else.");
        }
    }

    private static bool IsNumber(JsonElement value, double expected) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number == expected;

    /// <summary>The same in single precision, in which the preprocessing computes.</summary>
    private static bool IsSingle(JsonElement value, float expected) => value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var number) && number == expected;

    private static bool IsEach(JsonElement value, double expected, params string[] fields) =>
        value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(field => fields.Contains(field.Name) && IsNumber(field.Value, expected)) && value.GetPropertyCount() == fields.Length;
}
