using Herd.Gateway.Adapters;
using Herd.Gateway.Admin;
using Herd.Gateway.Conversations;
using Herd.Gateway.Errors;
using Herd.Gateway.Grpc;
using Herd.Gateway.Keys;
using Herd.Gateway.OpenAi;
using Herd.Gateway.Serving;
using Herd.Gateway.Usage;
using Herd.Silo.Hosting;
using Herd.Silo.Telemetry;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;

namespace Herd.Gateway.Hosting;

/// <summary>Puts the gateway together: the silo it is a member of, the surfaces, and the server they listen on.</summary>
internal static class GatewayApp
{
    /// <summary>The environment variable with the administrator's key.</summary>
    public const string AdminKeyVariable = "HERD_ADMIN_KEY";

    private const string DashboardPath = "/dashboard";
    private const string EnvironmentPrefix = "Herd__";
    private const int StreamsPerConnection = 1000;
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);

    // Beyond the time that running answers get: for what is open at the server before, and for leaving the cluster after.
    private static readonly TimeSpan ShutdownReserve = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Logging:LogLevel:Default"] = "Warning",
        ["Logging:LogLevel:Herd"] = "Information",

        // A failed start is told to the operator in plain words instead.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
        ["Logging:LogLevel:Herd.Silo.Devices.DeviceHost"] = "Warning",

        // It takes the time since the machine's start for a stall.
        ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = "Error",
    };

    /// <summary>A builder with the process's configuration: defaults, files and environment, then the command line.</summary>
    /// <param name="settings">The command line.</param>
    /// <returns>The builder.</returns>
    public static WebApplicationBuilder Configure(IReadOnlyDictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
        builder.Configuration.AddEnvironmentVariables(EnvironmentPrefix).AddInMemoryCollection(settings);
        return builder;
    }

    /// <summary>The gateway, ready to start.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="admin">The administrator's key.</param>
    /// <param name="drainTimeout">How long running answers may go on when the process is asked to end.</param>
    /// <returns>The gateway.</returns>
    public static WebApplication Build(WebApplicationBuilder builder, AdminKey admin, TimeSpan drainTimeout)
    {
        builder.AddHerdSilo();
        var services = builder.Services;
        services.AddOptions<GatewayOptions>()
            .Bind(builder.Configuration.GetSection(GatewayOptions.Section), binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = drainTimeout + ShutdownReserve);
        services.AddSingleton(admin);
        services.AddKeys();
        services.AddSingleton<FirstStart>();
        AddServing(services);
        services.AddGrpcSurface();
        services.AddExceptionHandler<ErrorWriter>();
        services.AddGrpcHealthChecks().AddCheck<ReplicaReadiness>("replica");
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>((kestrel, options) => Listen(kestrel, options.Value));
        var app = builder.Build();
        Map(app);
        return app;
    }

    private static void AddServing(IServiceCollection services)
    {
        services.AddRateLimiter(_ => { }).ConfigureOptions<RequestLimit>();
        services.AddSingleton<ModelResolver>();
        services.AddSingleton<ModelCatalog>();
        services.AddSingleton<Pictures>();
        services.AddSingleton<PromptLimits>();
        services.AddSingleton<GenerationCalls>();
        services.AddSingleton<AnswerEndpoints>();
        services.AddSingleton<UsageReader>();
        services.AddSingleton<TurnStreams>();
        services.AddSingleton<AdapterPublisher>();
        services.AddSingleton<AdapterEndpoints>();
    }

    private static void Listen(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
        kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;

        // A peer that is gone without a word would hold its sequences otherwise.
        kestrel.Limits.Http2.KeepAlivePingDelay = PingDelay;
        var address = Ports.Parse(options.Address);

        // Without TLS a port speaks either HTTP/1.1 or HTTP/2: nothing tells a connection's protocol beforehand.
        kestrel.Listen(address, options.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.Listen(address, options.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        kestrel.Listen(Ports.Parse(options.AdminAddress), options.AdminPort, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            AdminListener.MarkConnections(listen);
        });
    }

    private static void Map(WebApplication app)
    {
        app.Use(RequestIds.TellAsync);
        app.UseExceptionHandler(_ => { });
        app.Use(AdminListener.SeparateAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRateLimiter();
        app.Use(Caller.EnterAsync);
        app.MapOpenAi();
        AdapterEndpoints.Map(app);
        UsageEndpoint.Map(app);
        ExportEndpoint.Map(app);
        app.MapGrpcSurface();
        app.MapHealthChecks("/healthz", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous().ForAll();
        app.MapHealthChecks("/readyz").AllowAnonymous().ForAll();
        MapAdmin(app);
    }

    private static void MapAdmin(WebApplication app)
    {
        var metrics = app.MapHerdMetrics().OnlyForAdmin();
        if (app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.MetricsWithoutKey)
        {
            metrics.AllowAnonymous();
        }
        else
        {
            metrics.RequireAuthorization(Caller.AdminPolicy);
        }

        if (app.Services.GetRequiredService<IOptions<HerdClusterOptions>>().Value.Dashboard)
        {
            app.MapOrleansDashboard(routePrefix: DashboardPath).OnlyForAdmin().RequireAuthorization(Caller.AdminPolicy);
        }
    }
}
