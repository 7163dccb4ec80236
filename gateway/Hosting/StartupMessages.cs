using Herd.Contracts.Models;

namespace Herd.Gateway.Hosting;

/// <summary>What the operator reads when the gateway serves.</summary>
/// <param name="output">Where it is written.</param>
/// <param name="isBundled">Whether the bundled model is served.</param>
internal sealed class StartupMessages(TextWriter output, bool isBundled)
{
    /// <summary>The gateway serves.</summary>
    /// <param name="info">The base it serves.</param>
    /// <param name="http">The OpenAI API's address.</param>
    /// <param name="grpc">The gRPC API's address.</param>
    /// <param name="admin">The operator's surface's address.</param>
    /// <param name="adminGrpc">The address of its gRPC side.</param>
    public void Ready(BaseInfo info, string http, string grpc, string admin, string adminGrpc)
    {
        output.WriteLine();
        output.WriteLine($"Herd serves {(isBundled ? "the bundled model: " : "")}{info.Parameters:N0} parameters in {info.Dtype}, "
            + $"{info.ContextTokens:N0} tokens of context, {(info.HasVision ? "with pictures." : "text only.")}");
        output.WriteLine($"  OpenAI API  {http}/v1");
        output.WriteLine($"  gRPC API    {grpc}");
        output.WriteLine($"  Operator    {admin}");
        output.WriteLine($"  Admin gRPC  {adminGrpc}");
    }

    /// <summary>What the demo tenant can try.</summary>
    /// <param name="adapters">Its adapters; none for no word of it.</param>
    public void Adapters(IReadOnlyList<DemoAdapter> adapters)
    {
        if (adapters.Count > 0)
        {
            output.WriteLine($"  Adapters    {string.Join(", ", adapters.Select(adapter => adapter.Name))}: all of tenant demo, each also of the tenant of its name");
        }
    }

    /// <summary>Keys that were made now.</summary>
    /// <param name="admin">The administrator's; null where it was there.</param>
    /// <param name="tenants">The tenants'.</param>
    public void NewKeys(string? admin, IReadOnlyList<TenantKey> tenants)
    {
        var keys = tenants.Select(made => (Whose: $"tenant {made.Tenant}", made.Key)).ToList();
        if (admin is not null)
        {
            keys.Insert(0, ("administrator", admin));
        }

        if (keys.Count > 0)
        {
            output.WriteLine("Keys, shown this once:");
            var width = keys.Max(made => made.Whose.Length);
            keys.ForEach(made => output.WriteLine($"  {made.Whose.PadRight(width)}  {made.Key}"));
        }
    }

    /// <summary>Commands to try.</summary>
    /// <param name="http">The OpenAI API's address.</param>
    /// <param name="first">What there is to try.</param>
    public void TryThese(string http, FirstStartResult first)
    {
        var key = first.Keys.FirstOrDefault(made => made.Tenant == FirstStart.DemoTenant)?.Key;
        var model = first.Adapters.FirstOrDefault(adapter => !adapter.TakesPictures)?.Name ?? "base";
        var curl = "  curl -H \"Authorization: Bearer $HERD_KEY\"";
        output.WriteLine();
        output.WriteLine("Try:");
        output.WriteLine(key is null ? "  export HERD_KEY=...   # the key shown at the first start" : $"  export HERD_KEY={key}");
        output.WriteLine($"{curl} {http}/v1/models");
        if (!isBundled)
        {
            output.WriteLine($"{curl} -T adapter.pth \"{http}/v1/adapters/my-adapter\"");
        }

        output.WriteLine($"{curl} -H 'Content-Type: application/json' {http}/v1/chat/completions \\");
        output.WriteLine($"    -d '{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"user\",\"content\":\"{(isBundled ? "What is 9 plus 5?" : "Hello")}\"}}]}}'");
        output.WriteLine();
        output.Flush();
    }
}
