using System.Net;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Routing;
using Herd.Silo.Adapters;
using Herd.Silo.Conversations;
using Herd.Silo.Devices;
using Herd.Silo.Experts;
using Herd.Silo.Leases;
using Herd.Silo.Replicas;
using Herd.Silo.Storage;
using Herd.Silo.Telemetry;
using Herd.Silo.Tenants;
using Herd.Silo.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;

namespace Herd.Silo.Hosting;

/// <summary>Makes a process part of a Herd cluster.</summary>
/// <remarks>
/// <para>Afterwards the process's services hold <see cref="IGrainFactory"/>, <see cref="RoutingTable"/>, <see cref="ReplicaRouter"/> and
/// <see cref="IBlobStore"/>, whatever part it is. Call one of these once, before adding hosted services that use grains.</para>
/// <para>Read from the process's configuration: <see cref="HerdClusterOptions"/> and <see cref="StorageOptions"/>. All options are checked when the
/// host starts.</para>
/// <para>Starting the host throws <see cref="OptionsValidationException"/>, <see cref="DataFolderInUseException"/>,
/// <see cref="DatabaseUnavailableException"/>, <see cref="SchemaTooNewException"/> or <see cref="SchemaTooOldException"/> where the operator has something to put right.</para>
/// </remarks>
public static class SiloHosting
{
    /// <summary>Adds a silo with replicas: it hosts grains.</summary>
    /// <remarks>
    /// Also read: <see cref="ReplicaOptions"/>, <see cref="AdapterOptions"/>, <see cref="ConversationOptions"/>, <see cref="TrainingOptions"/>. The base loads in the background: see
    /// <see cref="ReplicaStartup"/>.
    /// </remarks>
    /// <param name="builder">The process.</param>
    /// <returns>The same builder.</returns>
    public static IHostApplicationBuilder AddHerdSilo(this IHostApplicationBuilder builder)
    {
        AddCommon(builder);
        Bind<ReplicaOptions>(builder, ReplicaOptions.Section);
        Bind<AdapterOptions>(builder, AdapterOptions.Section);
        Bind<ConversationOptions>(builder, ConversationOptions.Section);
        AddExperts(builder);
        AddTraining(builder);
        builder.Services.AddHostedService<ScratchSweeper>();

        // Services start in this order and stop in the opposite one: the replicas drain while grains still live and routes are still followed.
        builder.UseOrleans(silo => OrleansSetup.ConfigureSilo(silo, HasDashboard(builder)));
        AddRouting(builder.Services);
        AddReplicas(builder.Services);
        AddGrainParts(builder.Services);
        builder.Services.AddHostedService<TrainingWorker>();
        return builder;
    }

    /// <summary>Adds a member without devices: it hosts no grains.</summary>
    /// <param name="builder">The process.</param>
    /// <returns>The same builder.</returns>
    public static IHostApplicationBuilder AddHerdMember(this IHostApplicationBuilder builder)
    {
        AddCommon(builder);
        builder.UseOrleans(silo => OrleansSetup.ConfigureGateway(silo, HasDashboard(builder)));
        AddRouting(builder.Services);
        return builder;
    }

    /// <summary>Adds a client of the cluster.</summary>
    /// <param name="builder">The process.</param>
    /// <returns>The same builder.</returns>
    public static IHostApplicationBuilder AddHerdClient(this IHostApplicationBuilder builder)
    {
        AddCommon(builder);
        builder.UseOrleansClient(OrleansSetup.ConfigureClient);
        AddRouting(builder.Services);
        return builder;
    }

    private static void AddCommon(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddHerdTelemetry();
        Bind<HerdClusterOptions>(builder, HerdClusterOptions.Section).Validate(
            options => IPAddress.TryParse(options.Address, out _), "Cluster:Address must be an IP address that the other processes reach this one at.");
        Bind<StorageOptions>(builder, StorageOptions.Section);
        AddStorage(builder.Services);
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealth>("database");
    }

    private static bool HasDashboard(IHostApplicationBuilder builder) =>
        builder.Configuration.GetSection(HerdClusterOptions.Section).GetValue<bool>(nameof(HerdClusterOptions.Dashboard));

    private static void AddStorage(IServiceCollection services)
    {
        services.AddSingleton<DataFolder>();
        services.AddSingleton(provider => Backend.Create(
            provider.GetRequiredService<DataFolder>(), provider.GetRequiredService<IOptions<StorageOptions>>().Value));
        services.AddSingleton<Migrator>();
        services.AddSingleton<Database>();
        services.AddSingleton<IBlobStore>(provider => new FolderBlobStore(provider.GetRequiredService<DataFolder>().Blobs));
        services.AddHostedService<StorageService>();
    }

    private static void AddExperts(IHostApplicationBuilder builder)
    {
        Bind<ExpertOptions>(builder, ExpertOptions.Section);
        builder.Services.AddSingleton<ExpertDirectory>();
        builder.Services.AddSingleton<ExpertPlaces>();
        builder.Services.AddSingleton<ExpertMetrics>();
        builder.Services.AddSingleton<ExpertPanel>();
    }

    private static void AddTraining(IHostApplicationBuilder builder)
    {
        Bind<TrainingOptions>(builder, TrainingOptions.Section);
        builder.Services.AddSingleton<JobRepository>();
        builder.Services.AddSingleton<JobFiles>();
        builder.Services.AddSingleton<JobRules>();
        builder.Services.AddSingleton<HeldOutCheck>();
        builder.Services.AddSingleton<JobRunner>();
    }

    private static void AddReplicas(IServiceCollection services)
    {
        services.AddSingleton<ReplicaStartup>();
        services.AddSingleton<ActiveCount>();
        services.AddSingleton<DeviceHosts>();
        services.AddSingleton<HolderLife>();
        services.AddSingleton<LeaseRepository>();
        services.AddSingleton<TombstoneRepository>();

        // Before the devices: at the end their leases are given back after they have drained.
        services.AddHostedService<LeaseKeeper>();
        services.AddHostedService(provider => provider.GetRequiredService<DeviceHosts>());
        services.AddHostedService<ReplicaReporter>();
        services.AddSingleton<GenerationMetrics>();
        services.AddSingleton<GenerationLog>();
        services.AddSingleton<ReplicaMetrics>();
        services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddInstrumentation(provider => provider.GetRequiredService<ReplicaMetrics>()));
    }

    private static void AddRouting(IServiceCollection services)
    {
        services.AddSingleton(provider => new RoutingTable(
            provider.GetRequiredService<IGrainFactory>(),
            provider.GetRequiredService<IOptions<HerdClusterOptions>>().Value.BaseName,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RoutingTable>>()));
        services.AddHostedService(provider => provider.GetRequiredService<RoutingTable>());
        services.AddSingleton<ReplicaRouter>();
        services.AddSingleton<RepeatedChange>();
    }

    private static void AddGrainParts(IServiceCollection services)
    {
        services.AddSingleton<BlobReferences>();
        services.AddSingleton<TenantRepository>();
        services.AddSingleton<UsageRepository>();
        services.AddSingleton<AdapterRepository>();
        services.AddSingleton<AliasRepository>();
        services.AddSingleton<AdapterIntake>();
        services.AddSingleton<ReplicaWarmer>();
        services.AddSingleton<ConversationRepository>();
        services.AddSingleton<TurnRepository>();
        services.AddSingleton<TurnPictures>();
        services.AddSingleton<TurnIntake>();
        services.AddSingleton<TurnCheckpoints>();
        services.AddSingleton<TurnEnding>();
        services.AddSingleton<TurnRunner>();
        services.AddHostedService<TurnRecovery>();
    }

    internal static OptionsBuilder<T> Bind<T>(IHostApplicationBuilder builder, string section)
        where T : class => builder.Services.AddOptions<T>()
        .Bind(builder.Configuration.GetSection(section), options => options.ErrorOnUnknownConfiguration = true)
        .ValidateDataAnnotations()
        .ValidateOnStart();
}
