using Herd.Contracts.Models;

namespace Herd.Gateway.Hosting;

/// <summary>What the operator reads when the gateway serves.</summary>
internal sealed class StartupMessages(TextWriter output)
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
        output.WriteLine($"Herd serves {info.Parameters:N0} parameters in {info.Dtype}, {info.ContextTokens:N0} tokens of context, "
            + (info.HasVision ? "with pictures." : "text only."));
        output.WriteLine($"  OpenAI API  {http}/v1");
        output.WriteLine($"  gRPC API    {grpc}");
        output.WriteLine($"  Operator    {admin}");
        output.WriteLine($"  Admin gRPC  {adminGrpc}");
    }

    /// <summary>A key that was made now.</summary>
    /// <param name="whose">Whose it is.</param>
    /// <param name="key">The key.</param>
    public void NewKey(string whose, string key) => output.WriteLine($"  {whose}: {key}   (shown this once)");

    /// <summary>Three commands to try.</summary>
    /// <param name="http">The OpenAI API's address.</param>
    /// <param name="key">A tenant's key where one is known.</param>
    public void TryThese(string http, string? key)
    {
        output.WriteLine();
        output.WriteLine("Try:");
        output.WriteLine(key is null ? "  export HERD_KEY=...   # the key shown at the first start" : $"  export HERD_KEY={key}");
        output.WriteLine($"  curl -H \"Authorization: Bearer $HERD_KEY\" {http}/v1/models");
        output.WriteLine($"  curl -H \"Authorization: Bearer $HERD_KEY\" -T adapter.pth \"{http}/v1/adapters/my-adapter\"");
        output.WriteLine($"  curl -H \"Authorization: Bearer $HERD_KEY\" -H 'Content-Type: application/json' {http}/v1/chat/completions \\");
        output.WriteLine("    -d '{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'");
        output.WriteLine();
        output.Flush();
    }
}
