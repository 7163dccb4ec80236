using Herd.Engine.Model;
using Xunit;
using static TorchSharp.torch;

namespace Herd.Engine.Tests.Model;

public sealed class RmsNormTests
{
    private const int Rounds = 8_000;

    /// <summary>Numbers handed to native code must outlive the call, whatever the garbage collector does meanwhile.</summary>
    [Fact]
    public async Task Normalize_WhileGarbageIsCollected_GivesTheSameEveryTime()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var collecting = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    GC.Collect(0);
                    GC.WaitForPendingFinalizers();
                }
            },
            CancellationToken.None);

        using var scope = NewDisposeScope();
        using var rows = ones(4, 64);
        var expected = RmsNorm.Normalize(rows, 0.5f);
        var different = 0;
        for (var round = 0; round < Rounds; round++)
        {
            using var normalized = RmsNorm.Normalize(rows, 0.5f);
            different += expected.equal(normalized).all().item<bool>() ? 0 : 1;
        }

        await stop.CancelAsync();
        await collecting;
        Assert.Equal(0, different);
    }
}
