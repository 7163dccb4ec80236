using Herd.Contracts.Models;
using Herd.Contracts.Tenants;
using Herd.Gateway.Hosting.Bundles;
using Herd.Gateway.Serving;
using Herd.Silo.Devices;
using Herd.Silo.Startup;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Herd.Gateway.Hosting;

/// <summary>Runs the gateway from the command line to its end.</summary>
internal static class GatewayProcess
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly LoadState Waiting = new("waiting for a silo", 0);

    /// <summary>Starts the gateway, tells the operator, and waits for the end.</summary>
    /// <param name="settings">The command line, by configuration key.</param>
    /// <param name="output">For words to the operator.</param>
    /// <param name="cancellationToken">Stops the gateway.</param>
    /// <returns>A task.</returns>
    /// <exception cref="StartupException">The gateway cannot start.</exception>
    public static async Task RunAsync(IReadOnlyDictionary<string, string?> settings, TextWriter output, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder();
        ProcessConfiguration.Configure(builder, settings);
        var bundle = BundledModel.ChosenBy(builder.Configuration);
        builder.Configuration.AddInMemoryCollection(bundle?.Settings ?? []);
        var startup = StartupSettings.ReadAndCheck(builder.Configuration) with { Bundle = bundle };
        var (admin, newAdminKey) = await AdminKey.ChosenOrMadeAsync(startup.DataFolder, cancellationToken);
        await using var app = GatewayApp.Build(builder, admin, startup);
        if (!await StartAsync(app, cancellationToken))
        {
            return;
        }

        try
        {
            var stopping = app.Lifetime.ApplicationStopping;
            var info = await LoadAsync(app.Services, new LoadingMessages(output), stopping);
            var demoKey = Environment.GetEnvironmentVariable(FirstStart.DemoKeyVariable);
            var first = await app.Services.GetRequiredService<FirstStart>().EnsureAsync(demoKey, stopping);
            Greet(app, info, first, newAdminKey, new StartupMessages(output, isBundled: bundle is not null));
            await app.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Stopped before it was ready.
            await app.WaitForShutdownAsync(CancellationToken.None);
        }
        catch
        {
            await app.StopAsync(CancellationToken.None);
            throw;
        }
    }

    /// <returns>False where the process was asked to end while it still looked for its cluster.</returns>
    private static async Task<bool> StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<BaseInfo> LoadAsync(IServiceProvider services, LoadingMessages messages, CancellationToken cancellationToken)
    {
        var own = services.GetService<ReplicaStartup>();
        var models = services.GetRequiredService<ModelCatalog>();
        using var timer = new PeriodicTimer(LookInterval, services.GetRequiredService<TimeProvider>());
        while (true)
        {
            messages.Tell(own?.Progress ?? Waiting);
            if (own is null || own.Ready.IsCompleted)
            {
                await (own?.Ready ?? Task.CompletedTask);
                if (models.Base is { } info)
                {
                    return info;
                }
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static void Greet(WebApplication app, BaseInfo info, FirstStartResult first, string? newAdminKey, StartupMessages messages)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ToArray();
        messages.Ready(info, addresses[0], addresses[1], addresses[2], addresses[3]);
        messages.Adapters(first.Adapters);
        messages.NewKeys(newAdminKey, first.Keys);
        messages.TryThese(addresses[0], first);
    }
}
