using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;
using Herd.Contracts.Errors;

namespace Herd.Gateway.Grpc;

/// <summary>Reads the messages of an upload as one stream of bytes, never more than a few chunks ahead of its reader.</summary>
internal static class UploadStream
{
    /// <summary>Feeds an upload's chunks to a reader.</summary>
    /// <typeparam name="TMessage">The messages.</typeparam>
    /// <typeparam name="T">What the reader makes of them.</typeparam>
    /// <param name="messages">The messages behind the header.</param>
    /// <param name="chunkOf">A message's bytes; null where it is no chunk.</param>
    /// <param name="consume">Reads the bytes.</param>
    /// <param name="cancellationToken">Stops both.</param>
    /// <returns>What the reader made.</returns>
    /// <exception cref="HerdException">A message is no chunk, or the reader's own error.</exception>
    public static async Task<T> FeedAsync<TMessage, T>(
        IAsyncStreamReader<TMessage> messages, Func<TMessage, ByteString?> chunkOf, Func<Stream, Task<T>> consume, CancellationToken cancellationToken)
    {
        var pipe = new Pipe();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = FeedAsync(messages, chunkOf, pipe.Writer, stop.Token);
        try
        {
            return await consume(pipe.Reader.AsStream());
        }
        finally
        {
            // A reader that gives up early does not wait for the next chunk: it may never come.
            await stop.CancelAsync();
            await pipe.Reader.CompleteAsync();
            await feeding;
        }
    }

    // Never fails: a failure is handed to the reader.
    private static async Task FeedAsync<TMessage>(
        IAsyncStreamReader<TMessage> messages, Func<TMessage, ByteString?> chunkOf, PipeWriter writer, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            while (await messages.MoveNext(cancellationToken))
            {
                var chunk = chunkOf(messages.Current) ?? throw HerdException.Invalid("part", "After the first message every message must be a chunk.");
                var result = await writer.WriteAsync(chunk.Memory, cancellationToken);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        await writer.CompleteAsync(failure);
    }
}
