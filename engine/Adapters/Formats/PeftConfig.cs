using System.Text.Json;
using Herd.Engine.Checkpoints;

namespace Herd.Engine.Adapters.Formats;

/// <summary>What a PEFT folder's <c>adapter_config.json</c> says of its low-rank matrices.</summary>
/// <remarks>Every field is known by name: those that change what is computed are honoured or refused, so that nothing is dropped in silence.</remarks>
internal sealed class PeftConfig
{
    internal const string FileName = "adapter_config.json";

    private const int MaxBytes = 1 << 20;
    private const int MaxDepth = 16;
    private const int MaxRank = 1024;
    private const double MaxAlpha = 1e6;

    /// <summary>Fields that say how it was trained or where it came from, or that count only beside one that is refused.</summary>
    private static readonly HashSet<string> WithoutEffect =
    [
        "peft_type", "task_type", "base_model_name_or_path", "revision", "inference_mode", "peft_version", "auto_mapping", "lora_dropout", "init_lora_weights",
        "loftq_config", "qalora_group_size", "runtime_config", "megatron_core", "eva_config", "corda_config", "ensure_weight_tying",
    ];

    private static readonly HashSet<string> Honoured =
    [
        "r", "lora_alpha", "use_rslora", "target_modules", "exclude_modules", "rank_pattern", "alpha_pattern", "layers_to_transform", "layers_pattern", "bias",
    ];

    private readonly string _path;
    private readonly int _rank;
    private readonly double _alpha;
    private readonly bool _rootOfRank;
    private readonly PeftModules _targets;
    private readonly PeftModules? _excluded;
    private readonly HashSet<int>? _layers;
    private readonly IReadOnlyList<(PeftModules Pattern, double Value)> _ranks;
    private readonly IReadOnlyList<(PeftModules Pattern, double Value)> _alphas;

    private PeftConfig(JsonElement root, string path)
    {
        _path = path;
        ExpectText(root, "peft_type", "LORA");
        ExpectText(root, "bias", "none");
        PeftBeginning.Expect(root, path);
        foreach (var field in root.EnumerateObject().Where(field => !WithoutEffect.Contains(field.Name) && !Honoured.Contains(field.Name) && !IsUnused(field.Value)))
        {
            throw Refuse(field.Name, "none: it is not supported", CheckpointException.Quote(field.Value.GetRawText()));
        }

        _rank = (int)Number(root, "r", 1, MaxRank, whole: true);
        _alpha = Number(root, "lora_alpha", 0, MaxAlpha);
        _rootOfRank = Flag(root, "use_rslora");
        _targets = Modules(root, "target_modules") ?? throw Refuse("target_modules", "names of modules, or a pattern", "none");
        _excluded = Modules(root, "exclude_modules");
        _layers = Layers(root);
        _ranks = Patterns(root, "rank_pattern", 1, MaxRank, whole: true);
        _alphas = Patterns(root, "alpha_pattern", 0, MaxAlpha);
    }

    /// <exception cref="CheckpointException">The text is no such configuration, or asks for what is not supported.</exception>
    internal static PeftConfig Read(FileBytes file, long offset, long length)
    {
        if (length > MaxBytes)
        {
            throw Damaged(file.Path, $"at most {MaxBytes} bytes", $"{length}");
        }

        var json = new byte[length];
        file.Read(offset, json);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new PeftConfig(document.RootElement.Clone(), file.Path)
                : throw Damaged(file.Path, "a JSON object", $"{document.RootElement.ValueKind}");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Damaged(file.Path, "a configuration in JSON", error.Message.TrimEnd('.'));
        }
    }

    /// <summary>Whether a matrix has a low-rank pair.</summary>
    internal bool Targets(int layer, TunedLinear linear)
    {
        var module = PeftNames.Module(layer, linear);
        return _targets.Match(module) && _excluded?.Match(module) != true && _layers?.Contains(layer) != false;
    }

    /// <summary>The rank of a matrix's pair.</summary>
    internal int RankOf(int layer, TunedLinear linear) => (int)Of(_ranks, layer, linear, _rank);

    /// <summary>What a matrix's pair is multiplied with: <c>alpha / r</c>, or <c>alpha / sqrt(r)</c>.</summary>
    internal double ScaleOf(int layer, TunedLinear linear)
    {
        var rank = RankOf(layer, linear);
        return Of(_alphas, layer, linear, _alpha) / (_rootOfRank ? Math.Sqrt(rank) : rank);
    }

    private static double Of(IReadOnlyList<(PeftModules Pattern, double Value)> patterns, int layer, TunedLinear linear, double otherwise)
    {
        var module = PeftNames.Module(layer, linear);
        return patterns.Where(entry => entry.Pattern.Match(module)).Select(entry => (double?)entry.Value).FirstOrDefault() ?? otherwise;
    }

    private List<(PeftModules Pattern, double Value)> Patterns(JsonElement root, string field, double least, double most, bool whole = false)
    {
        if (!root.TryGetProperty(field, out var patterns) || IsUnused(patterns))
        {
            return [];
        }

        return patterns.ValueKind == JsonValueKind.Object
            ? [.. patterns.EnumerateObject().Select(entry => (PeftModules.Ending(entry.Name, error => Refuse(field, error, CheckpointException.Quote(entry.Name))), Number(patterns, entry.Name, least, most, whole)))]
            : throw Refuse(field, "an object of patterns", CheckpointException.Quote(patterns.GetRawText()));
    }

    private PeftModules? Modules(JsonElement root, string field)
    {
        if (!root.TryGetProperty(field, out var value) || IsUnused(value))
        {
            return null;
        }

        CheckpointException Wrong(string expected) => Refuse(field, expected, CheckpointException.Quote(value.GetRawText()));
        return value.ValueKind switch
        {
            JsonValueKind.String => PeftModules.Whole(value.GetString()!, Wrong),
            JsonValueKind.Array when value.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String) => PeftModules.Named([.. value.EnumerateArray().Select(name => name.GetString()!)]),
            _ => throw Wrong("names of modules, or a pattern"),
        };
    }

    /// <summary>LLaMA's only layers are those that <c>layers_pattern</c> names.</summary>
    private HashSet<int>? Layers(JsonElement root)
    {
        if (root.TryGetProperty("layers_pattern", out var pattern) && !IsUnused(pattern)
            && !(pattern.ValueKind == JsonValueKind.String ? pattern.ValueEquals("layers") : pattern.EnumerateArray().All(name => name.ValueEquals("layers"))))
        {
            throw Refuse("layers_pattern", "'layers'", CheckpointException.Quote(pattern.GetRawText()));
        }

        if (!root.TryGetProperty("layers_to_transform", out var layers) || IsUnused(layers))
        {
            return null;
        }

        JsonElement[] numbers = layers.ValueKind == JsonValueKind.Array ? [.. layers.EnumerateArray()] : [layers];
        return numbers.All(number => number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out _))
            ? [.. numbers.Select(number => number.GetInt32())]
            : throw Refuse("layers_to_transform", "numbers of layers", CheckpointException.Quote(layers.GetRawText()));
    }

    private void ExpectText(JsonElement root, string field, string expected)
    {
        if (root.TryGetProperty(field, out var value) && !(value.ValueKind == JsonValueKind.String && value.ValueEquals(expected)))
        {
            throw Refuse(field, $"'{expected}'", CheckpointException.Quote(value.GetRawText()));
        }
    }

    private double Number(JsonElement holder, string field, double least, double most, bool whole = false) =>
        holder.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            && number >= least && number <= most && (!whole || Math.Floor(number) == number)
            ? number
            : throw Refuse(field, $"a {(whole ? "whole " : "")}number from {least} to {most}", value.ValueKind == JsonValueKind.Undefined ? "none" : CheckpointException.Quote(value.GetRawText()));

    private bool Flag(JsonElement root, string field)
    {
        if (!root.TryGetProperty(field, out var value) || IsUnused(value))
        {
            return false;
        }

        return value.ValueKind == JsonValueKind.True ? true : throw Refuse(field, "true or false", CheckpointException.Quote(value.GetRawText()));
    }

    private static bool IsUnused(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private CheckpointException Refuse(string field, string expected, string found) => Damaged(_path, $"field {CheckpointException.Quote(field)}: {expected}", found);

    private static CheckpointException Damaged(string path, string expected, string found) =>
        new(path, null, expected, found, "Train it without this option, or merge it into full weights with PEFT and serve those as a base.");
}
