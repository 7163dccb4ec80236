using Herd.Contracts.Models;

namespace Herd.Gateway.Hosting;

/// <summary>What the operator reads while the gateway starts.</summary>
internal sealed class StartupMessages(TextWriter output)
{
    private string _stage = "";
    private int _percent = -1;

    /// <summary>The loading of the base goes on; a line is written for each stage and each tenth of it.</summary>
    /// <param name="stage">What is being done.</param>
    /// <param name="fraction">0 to 1.</param>
    public void Loading(string stage, double fraction)
    {
        var percent = (int)(Math.Clamp(fraction, 0, 1) * 10) * 10;
        if (stage == _stage && percent == _percent)
        {
            return;
        }

        (_stage, _percent) = (stage, percent);
        output.WriteLine($"  {percent,3} %  {stage}");
    }

    /// <summary>The gateway serves.</summary>
    /// <param name="info">The base it serves.</param>
    /// <param name="http">The OpenAI API's address.</param>
    /// <param name="grpc">The gRPC API's address.</param>
    /// <param name="admin">The operator's surface's address.</param>
    public void Ready(BaseInfo info, string http, string grpc, string admin)
    {
        output.WriteLine();
        output.WriteLine($"Herd serves {info.Parameters:N0} parameters in {info.Dtype}, {info.ContextTokens:N0} tokens of context, "
            + (info.HasVision ? "with pictures." : "text only."));
        output.WriteLine($"  OpenAI API  {http}/v1");
        output.WriteLine($"  gRPC API    {grpc}");
        output.WriteLine($"  Operator    {admin}");
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
