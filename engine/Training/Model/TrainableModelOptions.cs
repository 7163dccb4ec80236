using Herd.Engine.Execution;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Model;

/// <summary>Arithmetic and limits of a model that is trained.</summary>
public sealed record TrainableModelOptions
{
    /// <summary>Arithmetic of products; what is trained is kept in float32 all the same.</summary>
    /// <value>Default <see cref="EngineDtype.Float32"/>.</value>
    public EngineDtype Dtype { get; init; } = EngineDtype.Float32;

    /// <summary>The device: <c>cpu</c>, <c>cuda:0</c>.</summary>
    /// <value>Default <c>cpu</c>.</value>
    public string Device { get; init; } = "cpu";

    /// <summary>Most tokens of an example.</summary>
    /// <value>Default 512.</value>
    public int MaxTokens { get; init; } = 512;

    /// <summary>Threads among which the rows of a base's batch are divided, each of which multiplies with the threads that libtorch has.</summary>
    /// <value>Default 1. With more, gradients are added in the order in which threads end, so that a run is not repeated to the bit. An adapter is trained by one.</value>
    public int Threads { get; init; } = 1;

    /// <summary>Whether activations are computed once more on the way back instead of being kept: less memory, about a third more time.</summary>
    /// <value>Default false.</value>
    public bool RecomputeActivations { get; init; }

    /// <summary>Most bytes of picture features that are kept for pictures which come again.</summary>
    /// <value>Default 256 MiB.</value>
    public long FeatureCacheBytes { get; init; } = 256L << 20;

    internal ScalarType Type => Dtype == EngineDtype.Float32 ? ScalarType.Float32 : ScalarType.BFloat16;

    internal Device ParsedDevice => DeviceNames.Parse(Device) is [var only]
        ? only
        : throw new EngineException(EngineErrorCode.InvalidRequest, $"Device of training: expected one, found '{Device}'.");

    /// <summary>Throws where a value is out of range.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>, naming the option, its value and its range.</exception>
    public void Validate()
    {
        _ = ParsedDevice;
        if (MaxTokens < 2)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"MaxTokens: expected at least 2, found {MaxTokens}.");
        }

        if (Threads < 1)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"Threads: expected at least 1, found {Threads}.");
        }

        if (FeatureCacheBytes < 0)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"FeatureCacheBytes: expected at least 0, found {FeatureCacheBytes}.");
        }
    }
}
