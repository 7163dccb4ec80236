namespace Herd.Faults.Load;

/// <summary>All workers of the tenants.</summary>
internal static class TenantLoad
{
    private const int OfEachKind = 2;

    /// <summary>Works until it is enough, and then until everything that was begun has ended.</summary>
    /// <param name="context">What workers share.</param>
    /// <param name="tenants">Whose workers.</param>
    /// <param name="enough">Ends the work.</param>
    /// <param name="abort">Ends the run.</param>
    public static Task RunAsync(LoadContext context, IReadOnlyList<LoadTenant> tenants, CancellationToken enough, CancellationToken abort) =>
        Task.WhenAll(tenants.SelectMany(tenant => WorkersOf(context, tenant)).Select(worker => worker.RunAsync(enough, abort)));

    private static IEnumerable<Worker> WorkersOf(LoadContext context, LoadTenant tenant) =>
    [
        new StreamWorker(context, tenant, 1, byAlias: false),
        new StreamWorker(context, tenant, 1, byAlias: true),
        new HttpWorker(context, tenant, 1),
        .. Enumerable.Range(1, OfEachKind).Select(number => new ConversationWorker(context, tenant, number)),
        new AdapterWorker(context, tenant),
        new UsageWorker(context, tenant),
    ];
}
