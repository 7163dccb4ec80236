using System.Text;
using Herd.Contracts.Adapters;
using Herd.Contracts.Blobs;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Herd.Engine.Training.Data;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Training;

/// <summary>What a check found.</summary>
/// <param name="Asked">Rows that were asked.</param>
/// <param name="Right">Rows that were answered to the letter.</param>
internal sealed record HeldOutResult(int Asked, int Right)
{
    internal double Accuracy => (double)Right / Asked;
}

/// <summary>Asks a new version the rows that were held out of its training, on the replicas that will serve it.</summary>
internal sealed class HeldOutCheck(ReplicaRouter router, IGrainFactory grains, IBlobStore blobs, IOptions<TrainingOptions> options, TimeProvider time)
{
    private const int AtOneTime = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Asks.</summary>
    /// <exception cref="HerdException">There are no held-out rows.</exception>
    internal async Task<HeldOutResult> RunAsync(JobClaim claim, JobFolder folder, string version, CancellationToken cancellationToken)
    {
        var resolved = await grains.GetGrain<IAdapterGrain>(GrainKeys.Adapter(claim.Tenant, claim.Settings.Adapter))
            .Resolve("sha256:" + version, affinity: null, cancellationToken).ConfigureAwait(false);
        var (asked, right) = (0, 0);
        await Parallel.ForEachAsync(
            JobData.HeldOut(folder.Data).Take(options.Value.MaxHeldOutRows),
            new ParallelOptions { MaxDegreeOfParallelism = AtOneTime, CancellationToken = cancellationToken },
            async (row, cancellation) =>
            {
                var answer = await AskAsync(resolved, row, cancellation).ConfigureAwait(false);
                Interlocked.Increment(ref asked);
                if (answer.Trim() == row.Row.Answer.Trim())
                {
                    Interlocked.Increment(ref right);
                }
            }).ConfigureAwait(false);
        return asked > 0 ? new HeldOutResult(asked, right) : throw new HerdException(
            HerdErrorCode.InvalidFile, $"The job asks for a check, and its archive's held-out.jsonl holds no sound row with a question. Add some, or ask for none.");
    }

    private async Task<string> AskAsync(AdapterVersion version, QuestionRow row, CancellationToken cancellationToken)
    {
        var picture = await PutPictureAsync(row, cancellationToken).ConfigureAwait(false);
        try
        {
            var request = new GenerateRequest
            {
                RequestId = Guid.NewGuid().ToString("n"),
                Tenant = version.Tenant,
                Version = version,
                Prompt = new ChatPrompt([new ChatMessage(ChatRole.User, row.Row.Instruction!)], string.IsNullOrEmpty(row.Row.Input) ? null : row.Row.Input),
                Picture = picture,
                Sampling = new SamplingParameters { Temperature = 0, MaxTokens = options.Value.AnswerTokens },
                Experts = [],
            };
            return await AskAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (picture is not null)
            {
                await blobs.DeleteAsync(picture, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for room: those who are served come first.</summary>
    private async Task<string> AskAsync(GenerateRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var text = new StringBuilder();
                await foreach (var update in router.Generate(request, cancellationToken).ConfigureAwait(false))
                {
                    text.Append((update as TokensGenerated)?.Text);
                }

                return text.ToString();
            }
            catch (HerdException exception) when (exception.Code is HerdErrorCode.Overloaded or HerdErrorCode.Unavailable)
            {
                await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<BlobRef?> PutPictureAsync(QuestionRow row, CancellationToken cancellationToken)
    {
        if (row.Picture is not { } bytes)
        {
            return null;
        }

        using var content = new MemoryStream(bytes, writable: false);
        return await blobs.PutAsync(BlobArea.Scratch, content, bytes.Length, cancellationToken).ConfigureAwait(false);
    }
}
