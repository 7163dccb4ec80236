using System.ComponentModel.DataAnnotations;
using Herd.Engine.Execution;

namespace Herd.Silo.Devices;

/// <summary>The replicas that this process serves. Configuration section <c>Replica</c>. What is left out takes the engine's default.</summary>
public sealed class ReplicaOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Replica";

    /// <summary>Folder of the base: the official form or the Hugging Face form.</summary>
    [Required]
    public string Base { get; set; } = "";

    /// <summary>The base's <c>tokenizer.model</c>.</summary>
    /// <value>Default: looked for in the base's folder.</value>
    public string? Tokenizer { get; set; }

    /// <summary>The CLIP image encoder.</summary>
    /// <value>Default: none; adapters then take no pictures.</value>
    public string? Clip { get; set; }

    /// <summary>
    /// The device, such as <c>cpu:0</c> or <c>cuda:0</c>; several of one kind, such as <c>cuda:0+cuda:1</c>, divide the layers among them. With commas
    /// between them each gets a replica of its own: <c>cuda:0,cuda:1</c>.
    /// </summary>
    /// <value>Default <c>cpu:0</c>.</value>
    [Required]
    [CustomValidation(typeof(ReplicaOptions), nameof(CheckDevices))]
    public string Device { get; set; } = "cpu:0";

    /// <summary>
    /// Arithmetic: <c>bfloat16</c>, <c>float32</c>, or <c>auto</c> for the one the device is fast in. Replicas of one base should have the same: after a loss a stream goes on
    /// elsewhere only with the same numbers.
    /// </summary>
    /// <value>Default <c>auto</c>: <c>float32</c> on processors without instructions for 16-bit products, <c>bfloat16</c> on all others and on GPUs.</value>
    [RegularExpression("^(auto|bfloat16|float32)$", ErrorMessage = "Replica:Dtype must be auto, bfloat16 or float32.")]
    public string Dtype { get; set; } = "auto";

    /// <summary>How the matrices of the blocks are kept: <c>as-is</c>, or <c>int8</c>, made when they are read.</summary>
    /// <value>Default <c>as-is</c>.</value>
    [RegularExpression("^(as-is|int8)$", ErrorMessage = "Replica:Weights must be as-is or int8.")]
    public string Weights { get; set; } = "as-is";

    /// <summary>Tokens of all sequences together that fit into the key and value cache.</summary>
    [Range(16, int.MaxValue)]
    public int? KvCacheTokens { get; set; }

    /// <summary>Most tokens of one sequence.</summary>
    [Range(16, int.MaxValue)]
    public int? MaxSequenceTokens { get; set; }

    /// <summary>Most sequences in the batch.</summary>
    [Range(1, 4096)]
    public int? MaxRunningSequences { get; set; }

    /// <summary>Most sequences that wait for room; beyond it the replica is busy, but for the first of a tenant that has none there.</summary>
    [Range(0, 65536)]
    public int? MaxWaitingSequences { get; set; }

    /// <summary>Most tokens of one step.</summary>
    [Range(1, 65536)]
    public int? MaxStepTokens { get; set; }

    /// <summary>Adapter versions on the device at one time.</summary>
    [Range(1, 65536)]
    public int? AdapterSlots { get; set; }

    /// <summary>Whether keys and values of prompts are kept for later requests of the same tenant, adapter version and picture that begin alike.</summary>
    /// <value>Default true. Answers are the same either way.</value>
    public bool ReusePrompts { get; set; } = true;

    /// <summary>Host memory for adapter versions that no sequence uses.</summary>
    /// <value>Default 1 GiB, in bytes.</value>
    [Range(0L, long.MaxValue)]
    public long AdapterCacheBytes { get; set; } = 1L << 30;

    /// <summary>Most tokens of an answer where the request names none.</summary>
    /// <value>Default 256.</value>
    [Range(1, int.MaxValue)]
    public int DefaultMaxTokens { get; set; } = 256;

    /// <summary>Temperature where the request names none.</summary>
    /// <value>Default 0.1, the official programs' value.</value>
    [Range(0f, 10f)]
    public float DefaultTemperature { get; set; } = 0.1f;

    /// <summary>Top-p where the request names none.</summary>
    /// <value>Default 0.75, the official programs' value.</value>
    [Range(0.0001f, 1f)]
    public float DefaultTopP { get; set; } = 0.75f;

    /// <summary>How long a stopping process lets running sequences go on.</summary>
    /// <value>Default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The devices, each of a replica of its own.</summary>
    internal IReadOnlyList<string> Devices => Device.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>Whether every device is named, and none twice.</summary>
    /// <param name="device">The value of <see cref="Device"/>.</param>
    /// <returns>The fault, or success.</returns>
    public static ValidationResult? CheckDevices(string device)
    {
        var single = (device ?? "").Split(',', StringSplitOptions.TrimEntries).SelectMany(DeviceNames.Split).ToArray();
        return single.Any(string.IsNullOrWhiteSpace) || single.Distinct(StringComparer.Ordinal).Count() < single.Length
            ? new ValidationResult($"Replica:Device must name devices, none of them twice, with commas between them; it is '{device}'.")
            : ValidationResult.Success;
    }

    /// <summary>The arithmetic that <see cref="Dtype"/> means here.</summary>
    internal EngineDtype Arithmetic => Dtype switch
    {
        "float32" => EngineDtype.Float32,
        "auto" when Device.StartsWith("cpu", StringComparison.Ordinal) => EngineDtypes.FastestHere,
        _ => EngineDtype.BFloat16,
    };

    internal EngineOptions ToEngineOptions(string device)
    {
        var defaults = new EngineOptions { BaseFolder = Base };
        return defaults with
        {
            TokenizerFile = Tokenizer,
            ClipPath = Clip,
            Device = device,
            Dtype = Arithmetic,
            Weights = Weights == "int8" ? EngineWeights.Int8 : EngineWeights.Stored,
            KvCacheTokens = KvCacheTokens ?? defaults.KvCacheTokens,
            MaxSequenceTokens = MaxSequenceTokens ?? defaults.MaxSequenceTokens,
            MaxRunningSequences = MaxRunningSequences ?? defaults.MaxRunningSequences,
            MaxWaitingSequences = MaxWaitingSequences ?? defaults.MaxWaitingSequences,
            MaxStepTokens = MaxStepTokens ?? defaults.MaxStepTokens,
            AdapterSlots = AdapterSlots ?? defaults.AdapterSlots,
            ReusePrompts = ReusePrompts,
        };
    }
}
