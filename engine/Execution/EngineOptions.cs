using System.Runtime.Intrinsics.X86;
using Herd.Engine.Scheduling;
using Herd.Engine.Vision;

namespace Herd.Engine.Execution;

/// <summary>What an <see cref="InferenceEngine"/> loads and how much it may hold.</summary>
public sealed record EngineOptions
{
    /// <summary>Folder of the base: Meta's form (<c>params.json</c>, <c>consolidated.*</c>) or Hugging Face's (<c>config.json</c>, <c>model*.safetensors</c>).</summary>
    public required string BaseFolder { get; init; }

    /// <summary>The tokenizer file.</summary>
    /// <value>Default null: <c>tokenizer.model</c> in the base folder or the one above.</value>
    public string? TokenizerFile { get; init; }

    /// <summary>File or folder of the CLIP image encoder.</summary>
    /// <value>Default null: no pictures.</value>
    public string? ClipPath { get; init; }

    /// <summary>File that remembers the digests of the base's files, so that a second start need not read them whole.</summary>
    /// <value>Default null: none.</value>
    public string? DigestCache { get; init; }

    /// <summary>Arithmetic of the base products.</summary>
    /// <value>Default <see cref="EngineDtype.BFloat16"/>.</value>
    public EngineDtype Dtype { get; init; } = EngineDtype.BFloat16;

    /// <summary>How the matrices of the blocks are kept.</summary>
    /// <value>Default <see cref="EngineWeights.Stored"/>.</value>
    public EngineWeights Weights { get; init; } = EngineWeights.Stored;

    /// <summary>The device: <c>cpu</c>, <c>cpu:0</c>, <c>cuda:0</c>; several of one kind, such as <c>cuda:0+cuda:1</c>, divide the layers among them.</summary>
    /// <value>Default <c>cpu</c>.</value>
    public string Device { get; init; } = "cpu";

    /// <summary>Tokens that all sequences' keys and values may take together.</summary>
    /// <value>Default 16,384; at least one block of 16.</value>
    public int KvCacheTokens { get; init; } = 16_384;

    /// <summary>Most tokens of one sequence, prompt and answer.</summary>
    /// <value>Default 2,048; rounded down to what the cache holds.</value>
    public int MaxSequenceTokens { get; init; } = 2_048;

    /// <summary>Most sequences in a step.</summary>
    /// <value>Default 32.</value>
    public int MaxRunningSequences { get; init; } = 32;

    /// <summary>Most sequences that wait; more are refused with <see cref="EngineErrorCode.Overloaded"/>, but for the first of each of up to 64 scopes that have none.</summary>
    /// <value>Default 256.</value>
    public int MaxWaitingSequences { get; init; } = 256;

    /// <summary>Most rows of a step: generated tokens first, prompt chunks fill up.</summary>
    /// <value>Default 512; at least <see cref="MaxRunningSequences"/> and 64, which a prompt chunk takes.</value>
    public int MaxStepTokens { get; init; } = 512;

    /// <summary>Adapters that can be on the device at one time, beside the bare base.</summary>
    /// <value>Default 16.</value>
    public int AdapterSlots { get; init; } = 16;

    /// <summary>Whether keys and values of prompts are kept, and used again for requests of the same scope, adapter version and picture that begin alike.</summary>
    /// <value>Default true. Answers are the same either way.</value>
    public bool ReusePrompts { get; init; } = true;

    /// <summary>Bytes of cached prompt keys and values (one entry per version and picture).</summary>
    /// <value>Default 256 MiB.</value>
    public long PromptCacheBytes { get; init; } = 256L << 20;

    /// <summary>What pictures may be sent.</summary>
    public PictureLimits Pictures { get; init; } = new();

    /// <summary>Throws where a value is out of range; all faults together.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming each option, its value and its range.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        void Require(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }

        Require(KvCacheTokens >= 16, $"KvCacheTokens is {KvCacheTokens}, expected at least 16.");
        Require(MaxSequenceTokens >= 2, $"MaxSequenceTokens is {MaxSequenceTokens}, expected at least 2.");
        Require(MaxRunningSequences >= 1, $"MaxRunningSequences is {MaxRunningSequences}, expected at least 1.");
        Require(MaxWaitingSequences >= 0, $"MaxWaitingSequences is {MaxWaitingSequences}, expected at least 0.");
        Require(
            MaxStepTokens - PromptTiles.Tokens >= MaxRunningSequences,
            $"MaxStepTokens is {MaxStepTokens}, expected at least MaxRunningSequences ({MaxRunningSequences}) and {PromptTiles.Tokens} for a prompt.");
        Require(AdapterSlots >= 1, $"AdapterSlots is {AdapterSlots}, expected at least 1.");
        Require(PromptCacheBytes >= 0, $"PromptCacheBytes is {PromptCacheBytes}, expected at least 0.");
        if (faults.Count > 0)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, string.Join(' ', faults));
        }
    }
}

/// <summary>How the matrices of a base's blocks are kept in memory; embedding, output matrix and norms stay as they are.</summary>
public enum EngineWeights
{
    /// <summary>As the files have them: in the arithmetic's type, or in 8 bits where they were quantised beforehand.</summary>
    Stored,

    /// <summary>In 8 bits with a scale for each 64 neighbours in a row, made one matrix at a time when they are read.</summary>
    Int8,
}

/// <summary>Arithmetic of the base products; softmax, norms and the sums of adapters always run in float32.</summary>
public enum EngineDtype
{
    /// <summary>16-bit brain floating point: serving.</summary>
    BFloat16,

    /// <summary>32-bit floating point: proof.</summary>
    Float32,
}

/// <summary>What the arithmetic's types are good for.</summary>
public static class EngineDtypes
{
    // Intel's manual, CPUID: leaf 7, subleaf 1, EAX bit 5 is AVX512_BF16.
    private const int BFloat16Bit = 1 << 5;

    /// <summary>
    /// The type in which this processor multiplies fastest: <see cref="EngineDtype.BFloat16"/> where it has instructions for such products. Where it has not, libtorch computes them
    /// at half the speed of <see cref="EngineDtype.Float32"/>, and without 512-bit vectors at a hundredth of it.
    /// </summary>
    public static EngineDtype FastestHere =>
        Avx512F.IsSupported && (X86Base.CpuId(7, 1).Eax & BFloat16Bit) != 0 ? EngineDtype.BFloat16 : EngineDtype.Float32;

    /// <summary>The type's name, as configurations have it.</summary>
    /// <param name="dtype">The type.</param>
    /// <returns><c>float32</c> or <c>bfloat16</c>.</returns>
    public static string Name(this EngineDtype dtype) => dtype == EngineDtype.Float32 ? "float32" : "bfloat16";
}
