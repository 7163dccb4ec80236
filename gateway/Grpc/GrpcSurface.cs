using Herd.Gateway.Admin;
using Microsoft.Extensions.Options;

namespace Herd.Gateway.Grpc;

/// <summary>The gRPC surface's services.</summary>
internal static class GrpcSurface
{
    /// <summary>Adds what the services need.</summary>
    /// <param name="services">The services.</param>
    public static void AddGrpcSurface(this IServiceCollection services)
    {
        services.AddGrpc(grpc =>
            {
                grpc.Interceptors.Add<ErrorInterceptor>();

                // What is not there is answered in one place, for all surfaces.
                grpc.IgnoreUnknownServices = true;
            })
            .AddServiceOptions<AdapterGrpcService>(grpc => grpc.MaxReceiveMessageSize = AdapterGrpcService.MaxMessageBytes)
            .AddServiceOptions<TrainingGrpcService>(grpc => grpc.MaxReceiveMessageSize = AdapterGrpcService.MaxMessageBytes);
        services.AddOptions<global::Grpc.AspNetCore.Server.GrpcServiceOptions>()
            .Configure<IOptions<GatewayOptions>>((grpc, options) => grpc.MaxReceiveMessageSize = options.Value.MaxRequestBytes);
    }

    /// <summary>Maps the services, each to the ports that it belongs to.</summary>
    /// <param name="routes">Where to map them.</param>
    public static void MapGrpcSurface(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<GenerationGrpcService>();
        routes.MapGrpcService<ConversationGrpcService>();
        routes.MapGrpcService<AdapterGrpcService>();
        routes.MapGrpcService<TrainingGrpcService>();
        routes.MapGrpcService<ModelGrpcService>();
        routes.MapGrpcService<ReplicaGrpcService>().OnlyForAdmin();
        routes.MapGrpcService<TenantGrpcService>().OnlyForAdmin();
        routes.MapGrpcService<UsageGrpcService>().ForAll();
        routes.MapGrpcService<SurfaceReflection>().AllowAnonymous().ForAll();
        routes.MapGrpcService<SurfaceReflectionAlpha>().AllowAnonymous().ForAll();
        routes.MapGrpcHealthChecksService().AllowAnonymous().ForAll();
    }
}
