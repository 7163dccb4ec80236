using Herd.Contracts.Errors;
using Microsoft.Extensions.Logging;

namespace Herd.Silo.Training;

/// <summary>Keeps a claim alive while its job is worked at, and writes down how far that is.</summary>
internal sealed class ClaimKeeper : IAsyncDisposable
{
    private const int RenewalsInLease = 4;

    private readonly JobRepository _jobs;
    private readonly JobClaim _claim;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _keeping = new();
    private Task _loop = Task.CompletedTask;
    private JobProgress _progress;

    internal ClaimKeeper(JobRepository jobs, JobClaim claim, TimeSpan lease, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        (_jobs, _claim, _lease, _time, _logger, _progress) = (jobs, claim, lease, time, logger, claim.Progress);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    /// <summary>Ends the work: the claim is lost, the job's owner wants it to end, or the process stops.</summary>
    internal CancellationToken Token => _stop.Token;

    /// <summary>What became of the claim.</summary>
    internal ClaimState State { get; private set; }

    /// <summary>How far the job is; written down with the next renewal.</summary>
    internal JobProgress Progress
    {
        get => Volatile.Read(ref _progress);
        set => Volatile.Write(ref _progress, value);
    }

    /// <summary>Renews once, and from then on until this is disposed of.</summary>
    internal async Task StartAsync()
    {
        await RenewAsync().ConfigureAwait(false);
        _loop = KeepAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _keeping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _keeping.Dispose();
        _stop.Dispose();
    }

    private async Task KeepAsync()
    {
        var renewedAt = _time.GetTimestamp();
        using var timer = new PeriodicTimer(_lease / RenewalsInLease, _time);
        try
        {
            while (State == ClaimState.Held && await timer.WaitForNextTickAsync(_keeping.Token).ConfigureAwait(false))
            {
                try
                {
                    await RenewAsync().ConfigureAwait(false);
                    renewedAt = _time.GetTimestamp();
                }
                catch (HerdException exception) when (_time.GetElapsedTime(renewedAt) < _lease)
                {
                    _logger.LogWarning(exception, "The claim on training job {Job} of {Tenant} could not be renewed; trying again.", _claim.Id, _claim.Tenant);
                }
                catch (HerdException)
                {
                    await LeaveAsync(ClaimState.Lost).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The job has ended.
        }
    }

    private async Task RenewAsync()
    {
        var state = await _jobs.RenewAsync(_claim, Progress, _lease, CancellationToken.None).ConfigureAwait(false);
        if (state != ClaimState.Held)
        {
            await LeaveAsync(state).ConfigureAwait(false);
        }
    }

    private Task LeaveAsync(ClaimState state)
    {
        State = state;
        return _stop.CancelAsync();
    }
}
