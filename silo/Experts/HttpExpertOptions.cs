using System.ComponentModel.DataAnnotations;
using Herd.Contracts.Experts;
using Herd.Contracts.Keys;

namespace Herd.Silo.Experts;

/// <summary>An expert behind an address of the operator's choice. Configuration section <c>Experts:Http:NAME</c>.</summary>
public sealed class HttpExpertOptions
{
    /// <summary>Where questions are posted.</summary>
    [Required]
    public Uri? Url { get; set; }

    /// <summary>What the prompt calls it: letters, digits, spaces and hyphens.</summary>
    /// <value>Default its name with a capital letter.</value>
    [RegularExpression("^[A-Za-z][A-Za-z0-9 -]{0,31}$", ErrorMessage = "An expert's Label must be 1 to 32 letters, digits, spaces and hyphens, beginning with a letter.")]
    public string? Label { get; set; }

    /// <summary>Sent as <c>Authorization: Bearer</c>.</summary>
    /// <value>Default none.</value>
    public string? Key { get; set; }

    /// <summary>Whether tenants' pictures are sent to it.</summary>
    /// <value>Default false.</value>
    public bool SendsPicture { get; set; }

    /// <summary>Whether what tenants' users say is sent to it.</summary>
    /// <value>Default false.</value>
    public bool SendsText { get; set; }

    /// <summary>Whether it may be reached without TLS.</summary>
    /// <value>Default false.</value>
    public bool AllowsHttp { get; set; }

    /// <summary>How long it may take.</summary>
    /// <value>Default 3 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:05:00")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Largest answer.</summary>
    /// <value>Default 64 KiB, in bytes.</value>
    [Range(64, 1 << 24)]
    public int MaxResponseBytes { get; set; } = 1 << 16;

    /// <summary>What is wrong with it beside its values' ranges.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="allowedHosts">Hosts that may be asked.</param>
    internal IEnumerable<ValidationResult> FaultsOf(string name, IReadOnlyCollection<string> allowedHosts)
    {
        if (!GrainKeys.IsName(name) || name == ExpertNames.Ocr)
        {
            yield return Fault(name, $"must be called by {GrainKeys.NameRule}, and not '{ExpertNames.Ocr}'");
        }

        if (Url is { } url)
        {
            if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttps && (url.Scheme != Uri.UriSchemeHttp || !AllowsHttp)))
            {
                yield return Fault(name, "must have an https address; http needs AllowsHttp");
            }
            else if (!allowedHosts.Contains(url.Host, StringComparer.OrdinalIgnoreCase))
            {
                yield return Fault(name, $"has the host '{url.Host}', which is neither in Experts:AllowedHosts nor in Experts:PrivateHosts");
            }
        }

        if (!SendsPicture && !SendsText)
        {
            yield return Fault(name, "is sent nothing: set SendsPicture or SendsText");
        }
    }

    private static ValidationResult Fault(string name, string fault) => new($"The expert Experts:Http:{name} {fault}.");
}
