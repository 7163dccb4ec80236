using Herd.Contracts.Errors;
using Herd.Contracts.Models;
using Herd.Contracts.Routing;
using Microsoft.Extensions.Logging;

namespace Herd.Contracts.Tenants;

/// <summary>
/// Holds a request's place and counts what is passed on of its answers. Tokens are on the tenant's account before anybody sees them: it reserves a block ahead and
/// gives back at the end what was not used, so a process that dies has counted all that it delivered, and at most two blocks an answer too many.
/// </summary>
/// <remarks>One reader at a time.</remarks>
public sealed class UsageMeter : IAsyncDisposable
{
    /// <summary>Tokens that are reserved ahead for each answer.</summary>
    public const int Block = 64;

    private const int MostAhead = 16 * Block;
    private static readonly TimeSpan RenewalPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan[] Retries = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2)];

    private readonly ITenantGrain _tenant;
    private readonly AdmissionRequest _request;
    private readonly int _answersPerPrompt;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _renewals;
    private Task _reserving = Task.CompletedTask;
    private UsageMark _used;
    private long _reserved;
    private int _begun;
    private int _finished;
    private bool _settled;
    private bool _settlesAtTheEnd = true;

    private UsageMeter(ITenantGrain tenant, AdmissionRequest request, int answersPerPrompt, AdmissionGrant grant, TimeProvider time, ILogger logger)
    {
        (_tenant, _request, _answersPerPrompt, _time, _logger) = (tenant, request, answersPerPrompt, time, logger);
        (_used, _reserved, Weight) = (new UsageMark { RequestId = request.RequestId }, grant.ReservedTokens, grant.Weight);
        _renewals = RenewAsync();
    }

    /// <summary>The tenant's share where several compete.</summary>
    public int Weight { get; }

    private long Ahead => Math.Min((long)_request.Sequences * Block, MostAhead);

    /// <summary>Asks the tenant to let a request in.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="request">The request.</param>
    /// <param name="answersPerPrompt">How many answers in a row share a prompt, which is counted once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of what could not be settled.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>The meter; it gives the place back when it is disposed of.</returns>
    /// <exception cref="HerdException">The tenant is over a limit.</exception>
    public static async Task<UsageMeter> AdmitAsync(
        ITenantGrain tenant, AdmissionRequest request, int answersPerPrompt, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            return new UsageMeter(tenant, request, answersPerPrompt, await tenant.Admit(request, cancellationToken).ConfigureAwait(false), time, logger);
        }
        catch (Exception exception) when (exception is not HerdException && request.Continues is null)
        {
            // A call that was cut off may have been let in all the same, and settling what is not there is no error.
            await SettleAsync(tenant, new UsageMark { RequestId = request.RequestId }, logger).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Counts an update. Pass it on when this has returned, and not where it fails.</summary>
    /// <param name="index">Which of the request's answers it belongs to.</param>
    /// <param name="update">The update.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>A task that ends when the update is on the account.</returns>
    /// <exception cref="HerdException">It could not be put on the account.</exception>
    public async ValueTask CountAsync(int index, GenerationUpdate update, CancellationToken cancellationToken)
    {
        switch (update)
        {
            case GenerationStarted started:
                Begin(index, started);
                break;
            case TokensGenerated tokens:
                _used = _used with { GeneratedTokens = _used.GeneratedTokens + tokens.Ids.Length };
                await ReserveAsync(cancellationToken).ConfigureAwait(false);
                break;
            case GenerationFinished finished:
                _used = _used with { CachedTokens = _used.CachedTokens + (IsFirstOfPrompt(index) ? finished.ReusedTokens : 0) };
                if (++_finished == _request.Sequences && _settlesAtTheEnd)
                {
                    await SettleAsync().ConfigureAwait(false);
                }

                break;
        }
    }

    /// <summary>Settles no more with the answer's end, only when disposed of: for whoever has to write the end down first.</summary>
    public void StayOpen() => _settlesAtTheEnd = false;

    /// <summary>Goes on from what there is of the answer that another process began.</summary>
    /// <param name="begun">The answer; null where it had not begun.</param>
    public void GoOnFrom(BegunAnswer? begun)
    {
        if (begun is not null)
        {
            Begin(0, begun.Started);
            _used = _used with { GeneratedTokens = begun.Ids.Length };
        }
    }

    /// <summary>Ends counting and leaves the request on the account, for whoever goes on with it.</summary>
    /// <returns>A task.</returns>
    public async ValueTask LeaveOpenAsync()
    {
        _settled = true;
        await DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await SettleAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewals.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Begin(int index, GenerationStarted started)
    {
        _used = _used with
        {
            Started = true,
            PromptTokens = _used.PromptTokens + (IsFirstOfPrompt(index) ? started.PromptTokens : 0),
            MostGeneratedTokens = _used.MostGeneratedTokens + started.MaxTokens,
        };
        if (++_begun == _request.Sequences)
        {
            // Corrects what was guessed; nobody needs to wait for it.
            BeginReserving(_reserved);
        }
    }

    private async ValueTask ReserveAsync(CancellationToken cancellationToken)
    {
        while (_used.GeneratedTokens > _reserved)
        {
            BeginReserving(_used.GeneratedTokens + Ahead);
            await _reserving.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_used.GeneratedTokens > _reserved - (Ahead / 2) && _reserved < _used.MostGeneratedTokens)
        {
            BeginReserving(_used.GeneratedTokens + Ahead);
        }
    }

    private void BeginReserving(long upTo)
    {
        if (_reserving.IsCompleted)
        {
            _reserving = MarkAsync(_used with { GeneratedTokens = _begun == _request.Sequences ? Math.Min(upTo, _used.MostGeneratedTokens) : upTo });
        }
    }

    private async Task MarkAsync(UsageMark mark)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await _tenant.Mark(mark, _stop.Token).ConfigureAwait(false);
                _reserved = Math.Max(_reserved, mark.GeneratedTokens);
                return;
            }
            catch (Exception exception) when (attempt < Retries.Length && (exception.IsLoss() || exception is HerdException { Code: HerdErrorCode.Unavailable }))
            {
                await Task.Delay(Retries[attempt], _time, _stop.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task SettleAsync()
    {
        if (_settled)
        {
            return;
        }

        _settled = true;
        await _reserving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await SettleAsync(_tenant, _used, _logger).ConfigureAwait(false);
    }

    private static async Task SettleAsync(ITenantGrain tenant, UsageMark used, ILogger logger)
    {
        try
        {
            await tenant.Settle(used).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // What was reserved stays counted; the place falls free when nobody renews it.
            logger.LogWarning(exception, "The usage of request {RequestId} could not be settled.", used.RequestId);
        }
    }

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(RenewalPeriod, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await _tenant.Renew(_request.RequestId, _stop.Token).ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    _logger.LogDebug(exception, "The place of request {RequestId} could not be renewed.", _request.RequestId);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The request has ended.
        }
    }

    private bool IsFirstOfPrompt(int index) => index % _answersPerPrompt == 0;
}
