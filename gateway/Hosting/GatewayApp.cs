using Herd.Contracts.Tenants;
using Herd.Gateway.Adapters;
using Herd.Gateway.Admin;
using Herd.Gateway.Conversations;
using Herd.Gateway.Errors;
using Herd.Gateway.Grpc;
using Herd.Gateway.Hosting.Bundles;
using Herd.Gateway.Keys;
using Herd.Gateway.OpenAi;
using Herd.Gateway.Serving;
using Herd.Gateway.Training;
using Herd.Gateway.Uploads;
using Herd.Gateway.Usage;
using Herd.Silo.Health;
using Herd.Silo.Hosting;
using Herd.Silo.Startup;
using Herd.Silo.Telemetry;
using Herd.Silo.Training;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;

namespace Herd.Gateway.Hosting;

/// <summary>Puts the gateway together: its part of the cluster, the surfaces, and the server they listen on.</summary>
internal static class GatewayApp
{
    private const string DashboardPath = "/dashboard";
    private const string SlotsKey = $"{TrainingOptions.Section}:{nameof(TrainingOptions.Slots)}";
    private const int StreamsPerConnection = 1000;

    // In bytes a second: far below what any wire does, far above what a client sends or takes that only wants to hold something up.
    private const double LeastRate = 240;
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RateGrace = TimeSpan.FromSeconds(5);

    /// <summary>The gateway, ready to start.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="admin">The administrator's key.</param>
    /// <param name="startup">The checked settings.</param>
    /// <returns>The gateway.</returns>
    public static WebApplication Build(WebApplicationBuilder builder, AdminKey admin, StartupSettings startup)
    {
        AddCluster(builder, startup.Mode);
        var services = builder.Services;
        services.AddOptions<GatewayOptions>()
            .Bind(builder.Configuration.GetSection(GatewayOptions.Section), binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        ProcessConfiguration.BoundShutdown(services, startup.DrainTimeout);
        services.AddSingleton(provider => new DrainLimit(
            startup.DrainTimeout, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping));
        services.AddHostedService<StopDelay>();
        services.AddSingleton(admin);
        services.AddKeys();
        services.AddSingleton(startup);
        services.AddSingleton<FirstTenants>();
        services.AddSingleton<BundlePublisher>();
        services.AddSingleton<FirstStart>();
        AddServing(services);
        services.AddGrpcSurface();
        services.AddExceptionHandler<ErrorWriter>();
        services.AddGrpcHealthChecks().AddCheck<GatewayReady>("gateway");
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>((kestrel, options) => Listen(kestrel, options.Value));
        var app = builder.Build();
        Map(app);
        return app;
    }

    private static void AddCluster(WebApplicationBuilder builder, GatewayMode mode)
    {
        switch (mode)
        {
            case GatewayMode.Embedded:
                // All of Herd in one process trains too; silos that serve others do so where they are told to.
                builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = [new(SlotsKey, "1")] });
                builder.AddHerdSilo();
                return;
            case GatewayMode.Member:
                builder.AddHerdMember();
                break;
            default:
                builder.AddHerdClient();
                break;
        }

        // The server answers for the process's health while the cluster is still looked for.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
    }

    private static void AddServing(IServiceCollection services)
    {
        services.AddRateLimiter(_ => { }).ConfigureOptions<RequestLimit>();
        services.AddSingleton<ModelResolver>();
        services.AddSingleton<ModelCatalog>();
        services.AddSingleton<Pictures>();
        services.AddSingleton<PromptLimits>();
        services.AddSingleton<ReaderPatience>();
        services.AddSingleton<GenerationCalls>();
        services.AddSingleton<AnswerEndpoints>();
        services.AddSingleton<UsageReader>();
        services.AddSingleton<ConversationPages>();
        services.AddSingleton<TurnStreams>();
        services.AddSingleton<UploadIntake>();
        services.AddSingleton<JobMaker>();
        services.AddSingleton<JobLists>();
        services.AddSingleton<JobWatch>();
        services.AddSingleton<JobEndpoints>();
        services.AddSingleton<AdapterPublisher>();
        services.AddSingleton<AdapterEndpoints>();
        services.AddSingleton<AliasEndpoints>();
        services.AddSingleton<AliasMover>();
    }

    private static void Listen(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(LeastRate, RateGrace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(LeastRate, RateGrace);
        kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;

        // A peer that is gone without a word would hold its sequences otherwise.
        kestrel.Limits.Http2.KeepAlivePingDelay = PingDelay;
        var address = Ports.Parse(options.Address);

        // Without TLS a port speaks either HTTP/1.1 or HTTP/2: nothing tells a connection's protocol beforehand.
        kestrel.Listen(address, options.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.Listen(address, options.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        var adminAddress = Ports.Parse(options.AdminAddress);
        kestrel.Listen(adminAddress, options.AdminPort, listen => ListenForAdmin(listen, HttpProtocols.Http1));
        kestrel.Listen(adminAddress, options.EffectiveAdminGrpcPort, listen => ListenForAdmin(listen, HttpProtocols.Http2));
    }

    private static void ListenForAdmin(ListenOptions listen, HttpProtocols protocols)
    {
        listen.Protocols = protocols;
        AdminListener.MarkConnections(listen);
    }

    private static void Map(WebApplication app)
    {
        app.Use(RequestIds.TellAsync);
        app.UseExceptionHandler(_ => { });
        app.Use(ReadErrors.DescribeAsync);
        app.Use(AdminListener.SeparateAsync);
        app.Use(StartGate.WaitAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRateLimiter();
        app.Use(Caller.EnterAsync);
        app.MapOpenAi();
        AdapterEndpoints.Map(app);
        AliasEndpoints.Map(app);
        JobEndpoints.Map(app);
        UsageEndpoint.Map(app);
        ConversationEndpoints.Map(app);
        app.MapGrpcSurface();
        app.MapHealthChecks("/healthz", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous().ForAll();
        app.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = HealthWords.WriteAsync }).AllowAnonymous().ForAll();
        MapAdmin(app);
    }

    private static void MapAdmin(WebApplication app)
    {
        var metrics = app.MapHerdMetrics().OnlyForAdmin();
        if (app.Services.GetRequiredService<IOptions<TelemetryOptions>>().Value.MetricsWithoutKey)
        {
            metrics.AllowAnonymous();
        }
        else
        {
            metrics.RequireAuthorization(Caller.AdminPolicy);
        }

        // Its figures are grains', and a client has none.
        var cluster = app.Services.GetRequiredService<IOptions<HerdClusterOptions>>().Value;
        if (cluster.Dashboard && cluster.GatewayMode != GatewayMode.Client)
        {
            app.MapOrleansDashboard(routePrefix: DashboardPath).OnlyForAdmin().RequireAuthorization(Caller.AdminPolicy);
        }
    }
}
