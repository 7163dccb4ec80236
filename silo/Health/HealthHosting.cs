using Herd.Silo.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Herd.Silo.Health;

/// <summary>Adds the checks of a silo, and who answers with them.</summary>
internal static class HealthHosting
{
    /// <summary>Call it before the silo is added: services start in the order in which they were added, and stop in the opposite one.</summary>
    /// <param name="builder">The process.</param>
    internal static void AddHealthListener(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        SiloHosting.Bind<HealthOptions>(builder, HealthOptions.Section);
        services.AddHealthChecks().AddCheck<DevicesReady>("devices");
        services.AddSingleton<MetricsPage>();
        services.AddSingleton<HealthListener>();
        services.AddHostedService(provider => provider.GetRequiredService<HealthListener>());
    }
}
