using System.ComponentModel.DataAnnotations;

namespace Herd.Silo.Experts;

/// <summary>How experts are asked. Configuration section <c>Experts</c>.</summary>
public sealed class ExpertOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Experts";

    /// <summary>Most tokens that experts add to a prompt, all together. What does not fit is cut at a word.</summary>
    /// <value>Default 128.</value>
    [Range(0, 4096)]
    public int MaxTokens { get; set; } = 128;

    /// <summary>How sure an expert has to be, from 0 to 1: what one says that is less sure stays out of the prompt, since a wrong word misleads more than a missing one.</summary>
    /// <value>Default 0.7, as measured with the bundled model: docs/design/0025-experts.md.</value>
    [Range(0f, 1f)]
    public float MinConfidence { get; set; } = 0.7f;

    /// <summary>Experts that work at one time in this process.</summary>
    /// <value>Default 4.</value>
    [Range(1, 1024)]
    public int MaxConcurrent { get; set; } = 4;

    /// <summary>Experts that work at one time for one tenant.</summary>
    /// <value>Default 2.</value>
    [Range(1, 1024)]
    public int MaxConcurrentPerTenant { get; set; } = 2;

    /// <summary>Experts of one tenant that wait for others to end; those beyond are not asked.</summary>
    /// <value>Default 32.</value>
    [Range(0, 65536)]
    public int MaxWaitingPerTenant { get; set; } = 32;

    /// <summary>Findings that are kept, so that the same expert is not asked about the same picture again.</summary>
    /// <value>Default 4,096.</value>
    [Range(0, 1_000_000)]
    public int CachedFindings { get; set; } = 4096;

    /// <summary>Findings that are kept for one tenant.</summary>
    /// <value>Default 512.</value>
    [Range(0, 1_000_000)]
    public int CachedFindingsPerTenant { get; set; } = 512;

    /// <summary>The expert <c>ocr</c>.</summary>
    public OcrOptions Ocr { get; set; } = new();

    /// <summary>The experts <c>caption:ADAPTER</c>.</summary>
    public CaptionOptions Caption { get; set; } = new();

    /// <summary>Experts behind addresses, by name.</summary>
    /// <value>Default none.</value>
    public Dictionary<string, HttpExpertOptions> Http { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Hosts at which such experts may be asked, at public addresses alone.</summary>
    /// <value>Default none.</value>
    public IList<string> AllowedHosts { get; set; } = [];

    /// <summary>Hosts at which they may be asked at any address, those of this machine and of private networks among them.</summary>
    /// <value>Default none.</value>
    public IList<string> PrivateHosts { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
    [
        .. FaultsOf(Ocr),
        .. FaultsOf(Caption),
        .. Http.Values.SelectMany(FaultsOf),
        .. Http.SelectMany(expert => expert.Value.FaultsOf(expert.Key, [.. AllowedHosts, .. PrivateHosts])),
    ];

    private static List<ValidationResult> FaultsOf(object options)
    {
        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);
        return faults;
    }
}
