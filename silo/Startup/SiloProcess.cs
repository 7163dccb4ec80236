using Herd.Silo.Devices;
using Herd.Silo.Health;
using Herd.Silo.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Herd.Silo.Startup;

/// <summary>The program that serves replicas and hosts grains, without surfaces to the outside.</summary>
internal static class SiloProcess
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads the command line and runs the silo until it is stopped.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">For words to the operator.</param>
    /// <param name="error">For failures.</param>
    /// <returns>The exit code: 0, or 1 where the silo could not start.</returns>
    internal static Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error) =>
        new ConfigurationCommand("Serves replicas of one frozen LLaMA to the gateways of its cluster.")
            .Add("--health-port", "PORT", "Health:Port", "Port of /healthz, /readyz and /metrics (default: 8090).")
            .RunAsync(arguments, (settings, cancellationToken) => RunAsync(settings, output, cancellationToken), output, error);

    private static async Task RunAsync(IReadOnlyDictionary<string, string?> settings, TextWriter output, CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder();
        ProcessConfiguration.Configure(builder, settings);
        var replica = ReplicaCheck.Run(builder.Configuration);
        ClusterCheck.Run(StrictSettings.Read<HerdClusterOptions>(builder.Configuration, HerdClusterOptions.Section));
        HealthListener.Check(StrictSettings.Read<HealthOptions>(builder.Configuration, HealthOptions.Section));
        builder.AddHealthListener();
        builder.AddHerdSilo();
        ProcessConfiguration.BoundShutdown(builder.Services, replica.DrainTimeout);
        var host = builder.Build();
        await using var owner = ((IAsyncDisposable)host).ConfigureAwait(false);
        await host.StartAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await LoadAsync(host.Services, output, Stopping(host)).ConfigureAwait(false);
            await output.WriteLineAsync($"  Serves. Health: {host.Services.GetRequiredService<HealthListener>().Address}").ConfigureAwait(false);
            await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            await host.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Stopping(host).IsCancellationRequested)
        {
            // Stopped before it was ready.
            await host.WaitForShutdownAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task LoadAsync(IServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        var startup = services.GetRequiredService<ReplicaStartup>();
        var messages = new LoadingMessages(output);
        using var timer = new PeriodicTimer(ProgressInterval, services.GetRequiredService<TimeProvider>());
        do
        {
            messages.Tell(startup.Progress);
        }
        while (!startup.Ready.IsCompleted && await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        await startup.Ready.ConfigureAwait(false);
        messages.Tell(startup.Progress);
    }

    private static CancellationToken Stopping(IHost host) => host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
}
