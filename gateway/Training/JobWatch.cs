using System.Runtime.CompilerServices;
using Herd.Contracts.Errors;
using Herd.Contracts.Training;

namespace Herd.Gateway.Training;

/// <summary>Follows jobs, over losses of the process that is asked.</summary>
internal sealed class JobWatch(IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>The job now, then each time it has changed, to its end.</summary>
    /// <param name="tenant">Its owner.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    /// <returns>The job.</returns>
    /// <exception cref="HerdException">There is no such job.</exception>
    public async IAsyncEnumerable<TrainingJobDescription> ReadAsync(
        string tenant, string id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TrainingJobDescription? told = null;
        var heard = time.GetTimestamp();
        while (told is not { HasEnded: true })
        {
            var updates = JobLookup.Find(grains, tenant, id).Watch(cancellationToken).GetAsyncEnumerator(cancellationToken);
            var isLost = false;
            try
            {
                while (true)
                {
                    try
                    {
                        if (!await updates.MoveNextAsync())
                        {
                            break;
                        }
                    }
                    catch (Exception exception) when (exception.IsLoss() && time.GetElapsedTime(heard) < Patience)
                    {
                        isLost = true;
                        break;
                    }

                    heard = time.GetTimestamp();
                    if (updates.Current != told)
                    {
                        yield return told = updates.Current;
                    }
                }
            }
            finally
            {
                await updates.CloseAsync(isLost);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
