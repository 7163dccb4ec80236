using Herd.Gateway.Errors;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Herd.Gateway.Admin;

/// <summary>The operator's ports, one for HTTP and one for gRPC. What is marked for them is served nowhere else; usage, health and reflection are at all ports, and all else of the tenants' is at theirs alone.</summary>
internal static class AdminListener
{
    private static readonly object Mark = new();

    /// <summary>Marks what comes in by a port as the operator's.</summary>
    /// <param name="listen">The port.</param>
    public static void MarkConnections(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Items[Mark] = Mark;
        return next(connection);
    });

    /// <summary>Serves an endpoint at the operator's ports alone.</summary>
    /// <typeparam name="T">The endpoint's builder.</typeparam>
    /// <param name="endpoint">The endpoint.</param>
    /// <returns>The same endpoint.</returns>
    public static T OnlyForAdmin<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(Surface.Admin);

    /// <summary>Serves an endpoint at all ports.</summary>
    /// <typeparam name="T">The endpoint's builder.</typeparam>
    /// <param name="endpoint">The endpoint.</param>
    /// <returns>The same endpoint.</returns>
    public static T ForAll<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(Surface.All);

    /// <summary>Answers as if an endpoint were not there to a request that came by the wrong port.</summary>
    /// <param name="http">The request.</param>
    /// <param name="next">The rest of the pipeline.</param>
    /// <returns>A task.</returns>
    public static Task SeparateAsync(HttpContext http, RequestDelegate next)
    {
        var surface = http.GetEndpoint()?.Metadata.GetMetadata<Surface>() ?? Surface.Tenants;
        return surface == Surface.All || (surface == Surface.Admin) == Has(http) ? next(http) : ErrorWriter.WriteUnknownUrlAsync(http);
    }

    /// <summary>Whether a request came by one of the operator's ports.</summary>
    /// <param name="http">The request.</param>
    /// <returns>True where it did.</returns>
    public static bool Has(HttpContext http) => http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) == true;

    private sealed class Surface
    {
        public static Surface Tenants { get; } = new();

        public static Surface Admin { get; } = new();

        public static Surface All { get; } = new();
    }
}
