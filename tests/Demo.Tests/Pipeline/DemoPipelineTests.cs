using System.Text.Json;
using Herd.Demo.Pipeline;
using Herd.Testing;
using Xunit;

namespace Herd.Demo.Tests.Pipeline;

/// <summary>The whole way from nothing to a report, in the shortest time that it takes.</summary>
public sealed class DemoPipelineTests : IDisposable
{
    private static readonly TimeSpan NoTime = TimeSpan.FromSeconds(1);

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Pipeline_MakesEveryPartAndAReport_AndMakesNothingTwice()
    {
        var (folder, told) = (new DemoFolder(_folder.In("model")), new List<string>());
        void Tell(string text)
        {
            lock (told)
            {
                told.Add(text);
            }
        }

        await new DemoPipeline(folder, NoTime, seed: 1, Tell).RunAsync(TestContext.Current.CancellationToken);
        await using var models = await DemoModels.LoadAsync(folder, TestContext.Current.CancellationToken);
        await new DemoReport(models.AskAsync, new DemoReportSize(Pictures: 2, UnseenPictures: 2, PerKind: 1), Tell).WriteAsync(folder.Report, TestContext.Current.CancellationToken);

        Assert.All(DemoAdapters.All, adapter => Assert.True(File.Exists(folder.Adapter(adapter.Name)), adapter.Name));
        var report = JsonDocument.Parse(await File.ReadAllTextAsync(folder.Report, TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal(1 + DemoAdapters.All.Sum(adapter => adapter switch { { TakesPictures: false } => 1, { Questions.ToldShare: 0 } => 3, _ => 6 }), report.GetArrayLength());

        var written = Written(folder);
        told.Clear();
        await new DemoPipeline(folder, NoTime, seed: 1, Tell).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(written, Written(folder));
        Assert.All(told, line => Assert.EndsWith(": there already", line, StringComparison.Ordinal));
        Assert.Equal(2 + DemoAdapters.All.Count, told.Count);
    }

    public void Dispose() => _folder.Dispose();

    private static Dictionary<string, DateTime> Written(DemoFolder folder) =>
        Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.GetLastWriteTimeUtc);
}
