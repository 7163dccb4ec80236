using Herd.Silo.Tests.Hosting;
using Herd.Testing;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Tests.Experts;

public sealed class ExpertOptionsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Experts:Http:far:Url", "https://unlisted.example/", "Experts:AllowedHosts")]
    [InlineData("Experts:Http:far:Url", "ftp://listed.example/", "https")]
    [InlineData("Experts:Http:far:Url", "http://listed.example/", "AllowsHttp")]
    [InlineData("Experts:Http:ocr:Url", "https://listed.example/", "ocr")]
    [InlineData("Experts:Http:far:SendsText", "false", "SendsPicture")]
    [InlineData("Experts:Http:far:Label", "x]\n###", "Label")]
    [InlineData("Experts:Ocr:Languages", "eng;rm", "Languages")]
    [InlineData("Experts:MinConfidence", "1.5", "MinConfidence")]
    [InlineData("Experts:Caption:MaxTokens", "0", "MaxTokens")]
    public async Task Settings_that_are_wrong_stop_the_start_with_the_reason(string key, string value, string reason)
    {
        var settings = new Dictionary<string, string>
        {
            ["Experts:AllowedHosts:0"] = "listed.example",
            ["Experts:Http:far:Url"] = "https://listed.example/",
            ["Experts:Http:far:SendsText"] = "true",
            [key] = value,
        };
        if (key.Contains(":ocr:", StringComparison.Ordinal))
        {
            settings["Experts:Http:ocr:SendsText"] = "true";
        }

        using var folder = new TestFolder();
        var host = TestSilo.Build(folder.Path, [.. settings.Select(setting => (setting.Key, setting.Value))]);

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancellation));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
