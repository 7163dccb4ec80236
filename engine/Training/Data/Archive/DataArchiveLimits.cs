namespace Herd.Engine.Training.Data.Archive;

/// <summary>What an archive of training data may cost. All but the last are checked from its directory, before anything is unpacked.</summary>
public sealed record DataArchiveLimits
{
    /// <summary>Largest archive, in bytes.</summary>
    /// <value>Default 512 MiB.</value>
    public long MaxArchiveBytes { get; init; } = 512L << 20;

    /// <summary>Most files in it.</summary>
    /// <value>Default 50,000.</value>
    public int MaxFiles { get; init; } = 50_000;

    /// <summary>Most bytes of all files when unpacked.</summary>
    /// <value>Default 1 GiB.</value>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Largest picture's file, in bytes.</summary>
    /// <value>Default 10 MiB.</value>
    public long MaxPictureBytes { get; init; } = 10 << 20;

    /// <summary>Most that a file may grow when it is unpacked; text shrinks to a tenth, more is a bomb. The first MiB of a file is free.</summary>
    /// <value>Default 100.</value>
    public int MaxGrowth { get; init; } = 100;

    /// <summary>Most rows of a file.</summary>
    /// <value>Default 1 million.</value>
    public int MaxRows { get; init; } = 1_000_000;

    /// <summary>Throws where a value is out of range.</summary>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>.</exception>
    public void Validate()
    {
        if (MaxArchiveBytes < 1 || MaxFiles < 1 || MaxBytes < 1 || MaxPictureBytes < 1 || MaxGrowth < 1 || MaxRows < 1)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"{this}: expected values of at least 1.");
        }
    }
}
