using Herd.Engine;
using Herd.Engine.Execution;

namespace Herd.Bench;

/// <summary>What is measured, and how long.</summary>
internal sealed record BenchOptions
{
    /// <summary>Folder of the base.</summary>
    public required string Base { get; init; }

    /// <summary>Tokenizer file; null for the one beside the base.</summary>
    public string? Tokenizer { get; init; }

    public EngineDtype Dtype { get; init; }

    /// <summary>Different adapters; with more sequences than adapters, they are used in turn.</summary>
    public int Adapters { get; init; }

    /// <summary>Numbers of sequences that run at once, one measurement each.</summary>
    public required IReadOnlyList<int> Sequences { get; init; }

    /// <summary>Tokens of a prompt.</summary>
    public int Prompt { get; init; }

    /// <summary>Tokens that each sequence generates.</summary>
    public int Generate { get; init; }

    /// <summary>Undisturbed blocks wanted.</summary>
    public int Blocks { get; init; }

    /// <summary>Most that other processes may take of all cores in a block, 0 to 1.</summary>
    public double MaxForeign { get; init; }

    /// <summary>Decides prompts and adapters.</summary>
    public int Seed { get; init; }

    /// <summary>Throws where a value makes no measurement.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming the option.</exception>
    public void Validate()
    {
        Require(Adapters >= 1, $"--adapters is {Adapters}, expected at least 1.");
        Require(Sequences.Count > 0 && Sequences.All(count => count >= 1), "--sequences: expected numbers from 1.");
        Require(Prompt >= 1, $"--prompt is {Prompt}, expected at least 1.");
        Require(Generate >= 2, $"--generate is {Generate}, expected at least 2.");
        Require(Blocks >= 1, $"--blocks is {Blocks}, expected at least 1.");
        Require(MaxForeign is >= 0 and <= 1, $"--max-foreign is {MaxForeign}, expected 0 to 1.");
    }

    internal static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, fault);
        }
    }
}
