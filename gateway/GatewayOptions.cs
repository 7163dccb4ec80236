using System.ComponentModel.DataAnnotations;
using Herd.Gateway.Keys;

namespace Herd.Gateway;

/// <summary>Where the gateway listens, and the most it takes. Configuration section <c>Gateway</c>.</summary>
internal sealed class GatewayOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Gateway";

    private const int LastPort = 65535;

    /// <summary>Address to listen on: an IP address, <c>localhost</c>, or <c>*</c> for all.</summary>
    /// <value>Default <c>127.0.0.1</c>: this machine only.</value>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port of the OpenAI surface.</summary>
    /// <value>Default 8080; 0 takes a free one.</value>
    [Range(0, LastPort)]
    public int HttpPort { get; set; } = 8080;

    /// <summary>Port of the gRPC surface.</summary>
    /// <value>Default 8081; 0 takes a free one.</value>
    [Range(0, LastPort)]
    public int GrpcPort { get; set; } = 8081;

    /// <summary>Address of the operator's surface: metrics, health, the cluster's dashboard, everybody's usage.</summary>
    /// <value>Default <c>127.0.0.1</c>: this machine only.</value>
    [Required]
    public string AdminAddress { get; set; } = "127.0.0.1";

    /// <summary>Port of the operator's surface.</summary>
    /// <value>Default 8082; 0 takes a free one.</value>
    [Range(0, LastPort)]
    public int AdminPort { get; set; } = 8082;

    /// <summary>Port of the operator's gRPC surface: tenants, keys, replicas, everybody's usage.</summary>
    /// <value>Default the port behind <see cref="AdminPort"/>, or a free one where that is 0; 0 takes a free one.</value>
    [Range(0, LastPort)]
    public int? AdminGrpcPort { get; set; }

    /// <summary>The operator's gRPC port as it is in force.</summary>
    internal int EffectiveAdminGrpcPort => AdminGrpcPort ?? (AdminPort == 0 ? 0 : AdminPort + 1);

    /// <summary>How long a gateway that is asked to end still takes requests, while its readiness says that it ends: for load balancers to turn away. Replicas of its own drain from the first moment.</summary>
    /// <value>Default 0: ports close at once.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan StopDelay { get; set; }

    /// <summary>Largest adapter file.</summary>
    /// <value>Default 1 GiB, in bytes. A larger one is refused before it is read.</value>
    [Range(1, 1L << 40)]
    public long MaxUploadBytes { get; set; } = 1L << 30;

    /// <summary>Largest archive of training data.</summary>
    /// <value>Default 256 MiB, in bytes. A larger one is refused before it is read.</value>
    [Range(1, 1L << 40)]
    public long MaxArchiveBytes { get; set; } = 256 << 20;

    /// <summary>Uploads that one tenant may have under way at this gateway.</summary>
    /// <value>Default 2. One more is refused with a retry time.</value>
    [Range(1, 1000)]
    public int MaxUploadsPerTenant { get; set; } = 2;

    /// <summary>How long an upload waits for its client before it must have brought <see cref="UploadBytesPerPatience"/> more.</summary>
    /// <value>Default 30 seconds. A slower upload is refused, and what came is removed.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan UploadPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The least that an upload brings in <see cref="UploadPatience"/>.</summary>
    /// <value>Default 65,536, in bytes; 1 only asks that something comes.</value>
    [Range(1, 1 << 30)]
    public int UploadBytesPerPatience { get; set; } = 1 << 16;

    /// <summary>How long a stream waits for a reader that takes nothing of it.</summary>
    /// <value>Default one minute. Then the request is aborted; a turn runs on.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ReaderPatience { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Requests of any kind that one tenant may have under way at this gateway, so that their bodies cannot fill its memory.</summary>
    /// <value>Default 256. One more is refused with a retry time.</value>
    [Range(1, 100_000)]
    public int MaxRequestsPerTenant { get; set; } = 256;

    /// <summary>Largest picture.</summary>
    /// <value>Default 10 MiB, in bytes.</value>
    [Range(1, 1 << 30)]
    public int MaxPictureBytes { get; set; } = 10 << 20;

    /// <summary>Largest prompt: all texts of a request together, in UTF-8, or four bytes a token.</summary>
    /// <value>Default 1 MiB, in bytes.</value>
    [Range(1, 16 << 20)]
    public int MaxPromptBytes { get; set; } = 1 << 20;

    /// <summary>Largest request body other than an upload.</summary>
    /// <value>Default 32 MiB, in bytes.</value>
    [Range(1024, 1 << 30)]
    public int MaxRequestBytes { get; set; } = 32 << 20;

    /// <summary>Most answers of one request: its prompts times its <c>n</c>.</summary>
    /// <value>Default 32.</value>
    [Range(1, 1024)]
    public int MaxChoices { get; set; } = 32;

    /// <summary>Signed tokens that are taken beside keys.</summary>
    /// <value>Default: none.</value>
    public JwtOptions? Jwt { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var faults = new List<ValidationResult>();
        if (AdminPort == LastPort && AdminGrpcPort is null)
        {
            faults.Add(new ValidationResult($"No port follows {nameof(AdminPort)}: set {nameof(AdminGrpcPort)} too.", [nameof(AdminGrpcPort)]));
        }

        if (Jwt is { } jwt)
        {
            Validator.TryValidateObject(jwt, new ValidationContext(jwt), faults, validateAllProperties: true);
        }

        return faults;
    }
}
