using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Herd.Silo.Startup;

/// <summary>Where Herd's programs take their configuration from.</summary>
public static class ProcessConfiguration
{
    private const string EnvironmentPrefix = "Herd__";

    // Beyond the time that running answers get: for what is open at the server before, and for leaving the cluster after.
    private static readonly TimeSpan ShutdownReserve = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Logging:LogLevel:Default"] = "Warning",
        ["Logging:LogLevel:Herd"] = "Information",

        // A failed start is told to the operator in plain words instead.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
        ["Logging:LogLevel:Herd.Silo.Devices.DeviceHost"] = "Warning",

        // Who asks for the health is told what is wrong with it.
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",

        // While no silo is there every call says so, to its caller.
        ["Logging:LogLevel:Orleans.Messaging"] = "None",
        ["Logging:LogLevel:Polly"] = "None",

        // It takes the time since the machine's start for a stall.
        ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = "Error",
    };

    /// <summary>Sets the configuration up: defaults, files and environment, then the command line.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="settings">The command line.</param>
    public static void Configure(IHostApplicationBuilder builder, IReadOnlyDictionary<string, string?> settings)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
        builder.Configuration.AddEnvironmentVariables(EnvironmentPrefix).AddInMemoryCollection(settings);
    }

    /// <summary>Bounds the stopping of a process.</summary>
    /// <param name="services">The process's services.</param>
    /// <param name="drainTimeout">How long running answers may go on when the process is asked to end.</param>
    public static void BoundShutdown(IServiceCollection services, TimeSpan drainTimeout) =>
        services.Configure<HostOptions>(host => host.ShutdownTimeout = drainTimeout + ShutdownReserve);
}
