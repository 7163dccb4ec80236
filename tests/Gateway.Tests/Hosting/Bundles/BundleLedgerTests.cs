using Herd.Gateway.Hosting.Bundles;
using Herd.Testing;
using Xunit;

namespace Herd.Gateway.Tests.Hosting.Bundles;

public sealed class BundleLedgerTests : IDisposable
{
    private static readonly string Old = new('a', 64);
    private static readonly string New = new('b', 64);

    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Find_AfterReopening_IsTheLastEntry()
    {
        await using (var ledger = await OpenAsync())
        {
            ledger.Add(new BundleEntry("demo", "pirate", Old, Old));
            ledger.Add(new BundleEntry("demo", "pirate", New, Old));
        }

        await using var again = await OpenAsync();
        Assert.Equal(new BundleEntry("demo", "pirate", New, Old), again.Find("demo", "pirate"));
        Assert.Null(again.Find("pirate", "pirate"));
        Assert.Equal((true, false), (again.Knows("demo"), again.Knows("pirate")));
    }

    [Fact]
    public async Task Find_LineThatACrashCutShort_CountsForNothing()
    {
        var file = _folder.In("bundle.txt");
        await using (var ledger = await OpenAsync())
        {
            ledger.Add(new BundleEntry("demo", "json", Old, Old));
            ledger.Add(new BundleEntry("demo", "pirate", Old, Old));
        }

        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Cancellation))[..^10], Cancellation);
        await using (var ledger = await OpenAsync())
        {
            Assert.Null(ledger.Find("demo", "pirate"));
            ledger.Add(new BundleEntry("demo", "scenes", New, New));
        }

        await using var again = await OpenAsync();
        Assert.Equal(["json", "scenes"], new[] { "json", "pirate", "scenes" }.Where(name => again.Find("demo", name) is not null));
    }

    [Fact]
    public async Task OpenAsync_WhileAnotherHasIt_Waits()
    {
        var first = await OpenAsync();
        var second = OpenAsync();

        Assert.False(second.IsCompleted);
        await first.DisposeAsync();
        await using var opened = await second;
    }

    public void Dispose() => _folder.Dispose();

    private Task<BundleLedger> OpenAsync() => BundleLedger.OpenAsync(_folder.Path, Cancellation);
}
