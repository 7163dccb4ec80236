using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Engine;
using Herd.Gateway.Keys;
using Herd.Silo.Devices;
using Herd.Silo.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Hosting;

/// <summary>Runs the gateway from the command line to its end.</summary>
internal static class GatewayProcess
{
    private const string AdminKeyFile = "admin-key.sha256";
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Starts the gateway, tells the operator, and waits for the end.</summary>
    /// <param name="settings">Reads the command line.</param>
    /// <param name="output">For words to the operator.</param>
    /// <param name="error">For failures.</param>
    /// <param name="cancellationToken">Stops the gateway.</param>
    /// <returns>The exit code: 0, or 1 where the gateway could not start.</returns>
    public static async Task<int> RunAsync(
        Func<IReadOnlyDictionary<string, string?>> settings, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(settings(), new StartupMessages(output), cancellationToken);
            return 0;
        }
        catch (Exception exception) when (Explain(exception) is { } explained)
        {
            await error.WriteLineAsync($"Herd cannot start. {explained}");
            return 1;
        }
    }

    private static async Task RunAsync(IReadOnlyDictionary<string, string?> settings, StartupMessages messages, CancellationToken cancellationToken)
    {
        var builder = GatewayApp.Configure(settings);
        var startup = StartupSettings.Read(builder.Configuration);
        StartupChecks.Run(startup);
        var (admin, newAdminKey) = await ReadAdminKeyAsync(startup.Storage.DataFolder, cancellationToken);
        await using var app = GatewayApp.Build(builder, admin, startup.Replica.DrainTimeout);
        await app.StartAsync(cancellationToken);
        try
        {
            var stopping = app.Lifetime.ApplicationStopping;
            var info = await LoadAsync(app.Services, messages, stopping);
            var demoKey = await app.Services.GetRequiredService<FirstStart>()
                .EnsureDemoAsync(Environment.GetEnvironmentVariable(FirstStart.DemoKeyVariable), stopping);
            Greet(app, info, messages, newAdminKey, demoKey);
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

    private static async Task<BaseInfo> LoadAsync(IServiceProvider services, StartupMessages messages, CancellationToken cancellationToken)
    {
        var replica = services.GetRequiredService<ReplicaStartup>();
        var routes = services.GetRequiredService<RoutingTable>();
        using var timer = new PeriodicTimer(ProgressInterval, services.GetRequiredService<TimeProvider>());
        while (true)
        {
            var progress = replica.Progress;
            messages.Loading(progress.Stage, progress.Fraction);
            if (replica.Ready.IsCompleted)
            {
                await replica.Ready;
                if (routes.Replicas.FirstOrDefault(known => known is { State: ReplicaState.Ready, Base: not null }) is { Base: { } info })
                {
                    return info;
                }
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static void Greet(WebApplication app, BaseInfo info, StartupMessages messages, string? newAdminKey, string? demoKey)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ToArray();
        messages.Ready(info, addresses[0], addresses[1], addresses[2]);
        if (newAdminKey is not null)
        {
            messages.NewKey("Administrator's key", newAdminKey);
        }

        var isChosen = demoKey is not null && demoKey == Environment.GetEnvironmentVariable(FirstStart.DemoKeyVariable);
        if (demoKey is not null && !isChosen)
        {
            messages.NewKey("Key of tenant 'demo'", demoKey);
        }

        messages.TryThese(addresses[0], isChosen ? null : demoKey);
    }

    private static async Task<(AdminKey Key, string? New)> ReadAdminKeyAsync(string dataFolder, CancellationToken cancellationToken) =>
        Environment.GetEnvironmentVariable(GatewayApp.AdminKeyVariable) is { Length: > 0 } chosen
            ? (AdminKey.Of(chosen), null)
            : await AdminKey.ReadOrCreateAsync(Path.GetFullPath(Path.Combine(dataFolder, AdminKeyFile)), cancellationToken);

    // Null for what is a fault of Herd itself: that ends the process with all its details.
    private static string? Explain(Exception exception) => exception switch
    {
        DataFolderInUseException => $"{exception.Message} On the command line: --data DIR.",
        StartupException or EngineException or SchemaTooNewException or SchemaTooOldException or DatabaseUnavailableException => exception.Message,
        OptionsValidationException invalid => string.Join('\n', invalid.Failures),
        UnauthorizedAccessException or IOException or InvalidDataException => exception.Message,
        _ => null,
    };
}
