using System.IO.Pipelines;
using Grpc.Core;
using Herd.Contracts.Errors;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Reads the messages of an upload as one stream of bytes, never more than a few chunks ahead of its reader.</summary>
internal static class UploadStream
{
    /// <summary>Feeds an upload's chunks to a reader.</summary>
    /// <typeparam name="T">What the reader makes of them.</typeparam>
    /// <param name="messages">The messages behind the header.</param>
    /// <param name="consume">Reads the bytes.</param>
    /// <param name="cancellationToken">Stops both.</param>
    /// <returns>What the reader made.</returns>
    /// <exception cref="HerdException">A message is no chunk, or the reader's own error.</exception>
    public static async Task<T> FeedAsync<T>(
        IAsyncStreamReader<V1.UploadAdapterRequest> messages, Func<Stream, Task<T>> consume, CancellationToken cancellationToken)
    {
        var pipe = new Pipe();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = FeedAsync(messages, pipe.Writer, stop.Token);
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
    private static async Task FeedAsync(IAsyncStreamReader<V1.UploadAdapterRequest> messages, PipeWriter writer, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            while (await messages.MoveNext(cancellationToken))
            {
                if (messages.Current.PartCase != V1.UploadAdapterRequest.PartOneofCase.Chunk)
                {
                    throw HerdException.Invalid("part", "After the header every message must be a chunk.");
                }

                var result = await writer.WriteAsync(messages.Current.Chunk.Memory, cancellationToken);
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
