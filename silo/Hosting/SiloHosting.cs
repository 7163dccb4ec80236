using Herd.Contracts.Blobs;
using Herd.Contracts.Routing;
using Herd.Silo.Adapters;
using Herd.Silo.Conversations;
using Herd.Silo.Devices;
using Herd.Silo.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Hosting;

/// <summary>Makes a process a member of a Herd cluster.</summary>
public static class SiloHosting
{
    /// <summary>Adds the silo, its storage, its replica and the routing table to a process.</summary>
    /// <remarks>
    /// <para>Read from the process's configuration: <see cref="HerdClusterOptions"/>, <see cref="StorageOptions"/>, <see cref="ReplicaOptions"/>,
    /// <see cref="AdapterOptions"/>, <see cref="ConversationOptions"/>. All are checked when the host starts.</para>
    /// <para>Afterwards the process's services hold <see cref="IGrainFactory"/>, <see cref="RoutingTable"/>, <see cref="ReplicaRouter"/> and
    /// <see cref="IBlobStore"/>. Call it before adding hosted services that use grains.</para>
    /// </remarks>
    /// <param name="builder">The process.</param>
    /// <returns>The same builder.</returns>
    public static IHostApplicationBuilder AddHerdSilo(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddOptions(builder);
        AddRouting(builder.Services);
        return builder;
    }

    private static void AddOptions(IHostApplicationBuilder builder)
    {
        Bind<HerdClusterOptions>(builder, HerdClusterOptions.Section);
        Bind<StorageOptions>(builder, StorageOptions.Section);
        Bind<ReplicaOptions>(builder, ReplicaOptions.Section);
        Bind<AdapterOptions>(builder, AdapterOptions.Section);
        Bind<ConversationOptions>(builder, ConversationOptions.Section);
    }

    private static void AddRouting(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IBlobStore>(provider =>
            new FolderBlobStore(Path.Combine(provider.GetRequiredService<IOptions<StorageOptions>>().Value.DataFolder, "blobs")));
        services.AddSingleton(provider => new RoutingTable(
            provider.GetRequiredService<IGrainFactory>(),
            provider.GetRequiredService<IOptions<HerdClusterOptions>>().Value.BaseName,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RoutingTable>>()));
        services.AddHostedService(provider => provider.GetRequiredService<RoutingTable>());
        services.AddSingleton<ReplicaRouter>();
    }

    private static void Bind<T>(IHostApplicationBuilder builder, string section)
        where T : class => builder.Services.AddOptions<T>()
        .Bind(builder.Configuration.GetSection(section), options => options.ErrorOnUnknownConfiguration = true)
        .ValidateDataAnnotations()
        .ValidateOnStart();
}
