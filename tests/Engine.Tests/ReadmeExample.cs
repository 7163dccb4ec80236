using Herd.Engine.Adapters;
using Herd.Engine.Execution;
using Herd.Engine.Prompts;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests;

/// <summary>The library example of the front page, compiled.</summary>
public sealed class ReadmeExample
{
    private const string Fence = "```";

    [Fact]
    public void FrontPage_ShowsTheLinesThatAreCompiledHere()
    {
        var page = File.ReadAllLines(Path.Combine(RepositoryFiles.Root, "README.md"));
        var shown = page.SkipWhile(line => line != Fence + "csharp").Skip(1).TakeWhile(line => line != Fence).Select(line => line.Trim()).Where(line => line.Length > 0).ToArray();
        var compiled = File.ReadAllLines(Path.Combine(RepositoryFiles.Root, "tests", "Engine.Tests", "ReadmeExample.cs")).Select(line => line.Trim()).ToArray();
        var (usings, body) = (shown.Where(line => line.StartsWith("using Herd", StringComparison.Ordinal)).ToArray(), shown.Where(line => !line.StartsWith("using Herd", StringComparison.Ordinal)).ToArray());

        Assert.NotEmpty(body);
        Assert.Empty(usings.Except(compiled));
        var first = Array.LastIndexOf(compiled, body[0]);
        Assert.True(first >= 0, $"The front page begins with '{body[0]}', which is not compiled here.");
        Assert.Equal(body, compiled.Skip(first).Take(body.Length));
    }

    /// <summary>Never called: a real base is not at hand. What counts is that it compiles.</summary>
    private static async Task AnswerAsync()
    {
        await using var engine = await InferenceEngine.LoadAsync(new EngineOptions { BaseFolder = "llama-7b", ClipPath = "ViT-L-14.pth" });
        using var package = AdapterPackage.Read("BIAS-7B.pth", engine.AdapterReadOptions with { ChannelOrder = "bgr" });
        using var adapter = await engine.LoadAdapterAsync(package);
        var template = PromptTemplate.Get(adapter.Manifest.Template);
        var request = new GenerationRequest
        {
            PromptIds = engine.Tokenizer.Encode(template.Render([new ChatMessage(ChatRole.User, "What is in the picture?")]), bos: true),
            Adapter = adapter,
            Picture = await File.ReadAllBytesAsync("picture.png"),
            StopStrings = template.StopStrings,
        };
        await foreach (var happened in engine.GenerateAsync(request))
        {
            Console.Write(happened.Text);
        }
    }
}
