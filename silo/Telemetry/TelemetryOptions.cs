using System.ComponentModel.DataAnnotations;

namespace Herd.Silo.Telemetry;

/// <summary>What a process tells those who watch it. Configuration section <c>Telemetry</c>.</summary>
public sealed class TelemetryOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Telemetry";

    /// <summary>Address of an OpenTelemetry collector (OTLP over gRPC) that takes traces.</summary>
    /// <value>Default: none; no traces are made.</value>
    public Uri? OtlpEndpoint { get; set; }

    /// <summary>Share of the requests whose traces are kept, from 0 to 1. A caller's own decision, sent with the request, goes first.</summary>
    /// <value>Default 1.</value>
    [Range(0.0, 1.0)]
    public double TraceShare { get; set; } = 1;

    /// <summary>Tenants that metrics tell apart; all that come after share the name <c>other</c>.</summary>
    /// <value>Default 100.</value>
    [Range(0, 10_000)]
    public int MaxTenants { get; set; } = 100;

    /// <summary>Adapters that metrics tell apart; all that come after share the name <c>other</c>.</summary>
    /// <value>Default 200.</value>
    [Range(0, 10_000)]
    public int MaxAdapters { get; set; } = 200;

    /// <summary>Whether metrics are given without the administrator's key. They name tenants and adapters.</summary>
    /// <value>Default false.</value>
    public bool MetricsWithoutKey { get; set; }

    /// <summary>Form of the log: <c>text</c>, or <c>json</c> with one object a line.</summary>
    /// <value>Default <c>text</c>.</value>
    [RegularExpression("^(text|json)$", ErrorMessage = "Telemetry:LogFormat must be text or json.")]
    public string LogFormat { get; set; } = "text";

    /// <summary>Whether prompts and answers are written to the log. They are what tenants' users said: leave it off unless you look for a fault.</summary>
    /// <value>Default false.</value>
    public bool LogTexts { get; set; }
}
