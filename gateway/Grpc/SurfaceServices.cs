using System.Collections.Immutable;
using Grpc.Health.V1;
using Herd.Gateway.Admin;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Which gRPC services there are at which ports.</summary>
internal static class SurfaceServices
{
    /// <summary>Those at the tenants' port.</summary>
    public static ImmutableArray<ServiceDescriptor> Tenants { get; } =
    [
        V1.GenerationService.Descriptor, V1.ConversationService.Descriptor, V1.AdapterService.Descriptor, V1.TrainingService.Descriptor, V1.ModelService.Descriptor, V1.UsageService.Descriptor,
        Health.Descriptor,
    ];

    /// <summary>Those at the operator's port.</summary>
    public static ImmutableArray<ServiceDescriptor> Admin { get; } =
        [V1.TenantService.Descriptor, V1.ReplicaService.Descriptor, V1.UsageService.Descriptor, Health.Descriptor];

    /// <summary>Chooses what goes with the port that a call came by.</summary>
    /// <typeparam name="T">What is chosen.</typeparam>
    /// <param name="http">The call.</param>
    /// <param name="tenants">What goes with the tenants' port.</param>
    /// <param name="admin">What goes with the operator's port.</param>
    /// <returns>One of the two.</returns>
    public static T Choose<T>(HttpContext http, T tenants, T admin) => AdminListener.Has(http) ? admin : tenants;
}
