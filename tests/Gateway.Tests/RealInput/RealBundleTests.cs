using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Net.Client;
using Herd.Demo.Evaluation;
using Herd.Demo.Words;
using Herd.Gateway.Tests.EndToEnd;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.RealInput;

/// <summary>The model that lies in the repository, as a start without arguments serves it.</summary>
public sealed class RealBundleTests : IDisposable
{
    private const long MostBytes = 15_000_000;

    private static readonly string Pictures = Path.Combine(RepositoryFiles.Root, "models", "pictures");
    private static readonly HashSet<string> World = WorldWords.Required.ToHashSet(StringComparer.OrdinalIgnoreCase);

    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_NoBase_EachAdapterThatSeesAnswersInWordsOfTheWorld()
    {
        await using var process = GatewayProcess.Start(_folder.In("data"));
        var demo = await DemoTenantAsync(process);
        using var adapters = JsonDocument.Parse(await demo.Http.GetStringAsync(new Uri("/v1/adapters", UriKind.Relative), Cancellation));
        var seeing = adapters.RootElement.GetProperty("data").EnumerateArray()
            .Where(adapter => adapter.GetProperty("versions")[0].GetProperty("takes_pictures").GetBoolean())
            .Select(adapter => adapter.GetProperty("name").GetString()!).ToArray();
        var pictures = Directory.EnumerateFiles(Pictures, "*.png").Order(StringComparer.Ordinal).ToArray();

        Assert.NotEmpty(seeing);
        foreach (var (adapter, picture) in seeing.Zip(Enumerable.Repeat(pictures, seeing.Length).SelectMany(all => all)))
        {
            var asked = new Asked("How many objects are there?", Input: null, await File.ReadAllBytesAsync(picture, Cancellation));
            var words = Regex.Matches(await new HttpAsker(demo.Http, adapter).AskAsync(asked, Cancellation), "[A-Za-z]+").Select(match => match.Value).ToArray();

            Assert.NotEmpty(words);
            Assert.All(words, word => Assert.Contains(word, World));
        }
    }

    [Fact]
    public async Task Base_InTheCompanyOfEveryAdapter_HasTheSameLossToTheBit()
    {
        await using var process = GatewayProcess.Start(_folder.In("data"));
        var demo = await DemoTenantAsync(process);
        var cases = TestSets.Instructions(seed: 5, perKind: 2);
        var alone = new List<string>();
        foreach (var test in cases)
        {
            alone.Add(await AnswerWithLossAsync(demo, "base", test));
        }

        var company = cases.Take(5).SelectMany(test => Adapters.Select(adapter => AnswerWithLossAsync(demo, adapter, test))).ToArray();
        var beside = await Task.WhenAll(cases.Select(test => AnswerWithLossAsync(demo, "base", test)));
        var others = await Task.WhenAll(company);

        Assert.Equal(alone, beside);
        Assert.NotEmpty(others.Except(alone)); // adapters do change what is said
    }

    [Fact]
    public void Readme_NamesEveryFileWithItsDigest()
    {
        var models = Path.Combine(RepositoryFiles.Root, "models");
        var readme = File.ReadAllText(Path.Combine(models, "README.md"));
        string[] files = [.. Directory.EnumerateFiles(models, "*", SearchOption.AllDirectories).Where(file => !file.StartsWith(Pictures, StringComparison.Ordinal) && Path.GetFileName(file) != "README.md")];

        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"| `{Path.GetRelativePath(models, file)}` | {new FileInfo(file).Length:N0} | `{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}` |"), readme, StringComparison.Ordinal));
        Assert.InRange(Directory.EnumerateFiles(models, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), 1, MostBytes);
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string> Adapters => Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, "models", "adapters")).Select(file => Path.GetFileNameWithoutExtension(file));

    private static async Task<TestTenant> DemoTenantAsync(GatewayProcess process)
    {
        await process.WaitUntilReadyAsync(Cancellation);
        return new TestTenant(process, GrpcChannel.ForAddress(process.Grpc), "demo", Regex.Match(process.Output, @"^  tenant demo +(herd_\S+)", RegexOptions.Multiline).Groups[1].Value);
    }

    /// <summary>The answer's tokens with the logarithm of each one's probability, digit for digit as the gateway writes it.</summary>
    private static async Task<string> AnswerWithLossAsync(TestTenant tenant, string model, TestCase test)
    {
        var asked = test.Ask(null);
        var body = new { model, messages = new[] { new { role = "user", content = asked.Instruction } }, input = asked.Input ?? "", temperature = 0, max_tokens = 24, logprobs = true };
        using var response = await tenant.Http.PostAsJsonAsync("/v1/chat/completions", body, Cancellation);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        Assert.True(response.IsSuccessStatusCode, json.RootElement.GetRawText());
        return string.Join(' ', json.RootElement.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").EnumerateArray()
            .Select(token => $"{token.GetProperty("token").GetString()} {token.GetProperty("logprob").GetRawText()}"));
    }
}
