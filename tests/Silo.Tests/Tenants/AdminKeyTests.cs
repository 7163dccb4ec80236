using Herd.Contracts.Tenants;
using Herd.Testing;

namespace Herd.Silo.Tests.Tenants;

public sealed class AdminKeyTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string File => _folder.In("sub", "admin-key");

    [Fact]
    public async Task ReadOrCreate_FirstTime_MakesAKeyAndStoresOnlyItsHash()
    {
        var (key, made) = await AdminKey.ReadOrCreateAsync(File, Cancellation);

        Assert.True(key.Matches(made!));
        Assert.False(key.Matches(made + "x"));
        Assert.DoesNotContain(made!, System.IO.File.ReadAllText(File), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadOrCreate_SecondTime_KnowsTheSameKeyAndShowsNone()
    {
        var (_, made) = await AdminKey.ReadOrCreateAsync(File, Cancellation);

        var (again, shown) = await AdminKey.ReadOrCreateAsync(File, Cancellation);

        Assert.Null(shown);
        Assert.True(again.Matches(made!));
    }

    [Fact]
    public async Task Find_InAFolder_IsWhatAGatewayMadeThere()
    {
        var before = await AdminKey.FindAsync(_folder.Path, Cancellation);

        var (_, made) = await AdminKey.ChosenOrMadeAsync(_folder.Path, Cancellation);

        Assert.Null(before);
        Assert.True((await AdminKey.FindAsync(_folder.Path, Cancellation))!.Matches(made!));
    }

    [Fact]
    public async Task ReadOrCreate_DamagedFile_SaysWhatToDo()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, "half a ha");

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => AdminKey.ReadOrCreateAsync(File, Cancellation));

        Assert.Contains("Delete the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadOrCreate_ManyAtOnce_AgreeOnOneKey()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => AdminKey.ReadOrCreateAsync(File, Cancellation)));

        var made = Assert.Single(all, one => one.New is not null).New!;
        Assert.All(all, one => Assert.True(one.Key.Matches(made)));
    }

    public void Dispose() => _folder.Dispose();
}
