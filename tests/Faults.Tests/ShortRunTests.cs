using System.Text.Json;
using Herd.Testing;
using Xunit;

namespace Herd.Faults.Tests;

/// <summary>A short run with real processes. Long ones are the program's.</summary>
public sealed class ShortRunTests
{
    [Fact]
    public async Task RunAsync_ForHalfAMinute_FindsNothing()
    {
        using var folder = new TestFolder();
        var settings = new RunSettings
        {
            Seed = 1, Length = TimeSpan.FromSeconds(30), Tenants = 1, LongestSleep = TimeSpan.FromSeconds(6), LogFolder = folder.In("logs"),
        };

        var report = await new FaultRun(settings, TextWriter.Null).RunAsync(TestContext.Current.CancellationToken);

        TestContext.Current.TestOutputHelper?.WriteLine(report.ToText());
        Assert.True(report.IsClean, report.ToText());
        Assert.NotEmpty(report.Plan);
        Assert.All(["streams over gRPC", "streams over HTTP", "streams over gRPC by alias", "turns acknowledged", "conversations compared", "usage readings", "tokens compared"], kind => Assert.True(report.Operations[kind] > 0, kind));
        Assert.False(Directory.Exists(settings.LogFolder));
        Assert.Equal(1, JsonDocument.Parse(report.ToJson()).RootElement.GetProperty("seed").GetInt32());
    }
}
