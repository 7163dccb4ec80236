using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Herd.Contracts.Errors;
using Herd.Gateway.Serving;
using Xunit;

namespace Herd.Gateway.Tests.Serving;

public sealed class DrainedStreamTests
{
    private static readonly DrainLimit NoLimit = new(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_OneStream_ComesWholeAndInOrder()
    {
        await using var drained = new DrainedStream<int>([token => Numbers(1000, token)], NoLimit, Cancellation);

        Assert.Equal(Enumerable.Range(0, 1000), await drained.ReadAsync(Cancellation).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Read_NobodyReads_TheStreamIsDrainedAllTheSame()
    {
        var ended = new TaskCompletionSource();
        await using var drained = new DrainedStream<int>([token => ThenSignal(Numbers(1000, token), ended)], NoLimit, Cancellation);

        await ended.Task.WaitAsync(Cancellation);

        Assert.Equal(1000, await drained.ReadAsync(Cancellation).CountAsync(Cancellation));
    }

    [Fact]
    public async Task Read_ReaderFarBehind_StreamIsEndedWithAnError()
    {
        await using var drained = new DrainedStream<int>([token => Numbers(int.MaxValue, token)], NoLimit, Cancellation);

        var error = await Assert.ThrowsAsync<HerdException>(async () => await drained.ReadAsync(Cancellation).Skip(int.MaxValue).ToListAsync(Cancellation));

        Assert.Contains("behind", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_OneStreamFails_TheOthersAreEndedAndTheFirstFailureIsTold()
    {
        var other = Channel.CreateUnbounded<int>();
        await using var drained = new DrainedStream<int>([token => other.Reader.ReadAllAsync(token), Failing], NoLimit, Cancellation);

        var error = await Assert.ThrowsAsync<HerdException>(async () => await drained.ReadAsync(Cancellation).ToListAsync(Cancellation));

        Assert.Equal(HerdErrorCode.Overloaded, error.Code);
    }

    [Fact]
    public async Task Dispose_StreamStillRuns_EndsItFirst()
    {
        var ended = new TaskCompletionSource();
        var endless = Channel.CreateUnbounded<int>();
        var drained = new DrainedStream<int>([token => ThenSignal(endless.Reader.ReadAllAsync(token), ended)], NoLimit, Cancellation);

        await drained.DisposeAsync();

        Assert.True(ended.Task.IsCompletedSuccessfully);
    }

    private static async IAsyncEnumerable<int> Numbers(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (i % 100 == 0)
            {
                await Task.Yield();
            }

            yield return i;
        }
    }

    private static async IAsyncEnumerable<int> Failing([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        yield return 1;
        throw new HerdException(HerdErrorCode.Overloaded, "full");
    }

    private static async IAsyncEnumerable<int> ThenSignal(IAsyncEnumerable<int> source, TaskCompletionSource ended)
    {
        try
        {
            await foreach (var item in source)
            {
                yield return item;
            }
        }
        finally
        {
            ended.SetResult();
        }
    }
}
