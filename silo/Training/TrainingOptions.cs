using System.ComponentModel.DataAnnotations;

namespace Herd.Silo.Training;

/// <summary>The training jobs that this process works at. Configuration section <c>Training</c>.</summary>
public sealed class TrainingOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Training";

    /// <summary>Jobs at one time, each in a process of its own.</summary>
    /// <value>Default 0: none; 1 in a gateway with a replica of its own.</value>
    [Range(0, 64)]
    public int Slots { get; set; }

    /// <summary>The device that jobs train on, such as <c>cpu</c> or <c>cuda:1</c>.</summary>
    /// <value>Default <c>cpu</c>.</value>
    [Required]
    public string Device { get; set; } = "cpu";

    /// <summary>Threads of a job that compute.</summary>
    /// <value>Default: one a core.</value>
    [Range(1, 1024)]
    public int? Threads { get; set; }

    /// <summary>Arithmetic of a job's products: <c>bfloat16</c> or <c>float32</c>.</summary>
    /// <value>Default: the replica's.</value>
    [RegularExpression("^(bfloat16|float32)$", ErrorMessage = "Training:Dtype must be bfloat16 or float32.")]
    public string? Dtype { get; set; }

    /// <summary>Steps between checkpoints.</summary>
    /// <value>Default 50. As many are made again where a machine is lost.</value>
    [Range(1, 1_000_000)]
    public int CheckpointEvery { get; set; } = 50;

    /// <summary>Most steps of a job.</summary>
    /// <value>Default 100,000.</value>
    [Range(1L, 1_000_000_000L)]
    public long MaxSteps { get; set; } = 100_000;

    /// <summary>Most examples of a step.</summary>
    /// <value>Default 256.</value>
    [Range(1, 65536)]
    public int MaxBatch { get; set; } = 256;

    /// <summary>How long a job is this process's without being renewed. Afterwards others may take it over.</summary>
    /// <value>Default 15 s; it is renewed four times in it.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a job is begun, after processes that ended in the middle of it.</summary>
    /// <value>Default 10.</value>
    [Range(1, 1000)]
    public int MaxClaims { get; set; } = 10;

    /// <summary>How long a job that has to stop may go on until its checkpoint is written.</summary>
    /// <value>Default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most held-out rows that a new version is asked; the first ones.</summary>
    /// <value>Default 500.</value>
    [Range(1, 100_000)]
    public int MaxHeldOutRows { get; set; } = 500;

    /// <summary>Most tokens of an answer to a held-out row.</summary>
    /// <value>Default 256.</value>
    [Range(1, 65536)]
    public int AnswerTokens { get; set; } = 256;
}
