namespace Herd.Silo.Tenants;

/// <summary>A tenant's concurrent sequences, and when one may fall free: as long as nine of ten of its answers took lately.</summary>
internal sealed class Places(int limit)
{
    private static readonly TimeSpan Unknown = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, (int Sequences, DateTimeOffset Since)> _taken = new(StringComparer.Ordinal);
    private readonly RecentTimes _durations = new(Unknown);

    internal int Limit { get; set; } = limit;

    internal int Free => Limit - _taken.Values.Sum(request => request.Sequences);

    internal void Take(string requestId, int sequences, DateTimeOffset now) => _taken[requestId] = (sequences, now);

    /// <summary>Gives places back.</summary>
    /// <param name="requestId">Whose; giving them back twice is no error.</param>
    /// <param name="answered">Whether it was answered, so that its time tells something of the next.</param>
    /// <param name="now">The time.</param>
    internal void Leave(string requestId, bool answered, DateTimeOffset now)
    {
        if (_taken.Remove(requestId, out var request) && answered)
        {
            _durations.Add(now - request.Since);
        }
    }

    /// <summary>When places will be free for one more, behind those who were promised some.</summary>
    internal DateTimeOffset When(int sequences, IReadOnlyList<Booking> before, TimeSpan late, DateTimeOffset now)
    {
        var forecast = new Forecast(this, now);
        foreach (var booking in before)
        {
            forecast.Take(booking.Cost.Sequences, booking.Due, late);
        }

        return forecast.Take(sequences, now, late);
    }

    /// <summary>Whether places can be taken now and all who were promised some still find theirs at their time.</summary>
    internal bool Allows(int sequences, IReadOnlyList<Booking> promised, TimeSpan late, DateTimeOffset now)
    {
        if (sequences > Free)
        {
            return false;
        }

        var forecast = new Forecast(this, now);
        var gone = forecast.Take(sequences, now, TimeSpan.Zero) + _durations.Typical;
        return promised.TakeWhile(booking => booking.Due < gone)
            .All(booking => forecast.Take(booking.Cost.Sequences, booking.Due, late) <= (booking.Due > now ? booking.Due : now));
    }

    private static DateTimeOffset EndOf(DateTimeOffset since, TimeSpan typical, DateTimeOffset now)
    {
        var longer = typical / 2 > Least ? typical / 2 : Least;
        return since + typical > now ? since + typical : now + longer;
    }

    /// <summary>Plays through what will fall free.</summary>
    private sealed class Forecast
    {
        private readonly PriorityQueue<int, DateTimeOffset> _ends;
        private readonly TimeSpan _typical;
        private readonly int _limit;
        private int _free;
        private DateTimeOffset _at;

        internal Forecast(Places places, DateTimeOffset now)
        {
            (_typical, _limit, _free, _at) = (places._durations.Typical, places.Limit, places.Free, now);
            _ends = new(places._taken.Values.Select(request => (request.Sequences, EndOf(request.Since, _typical, now))));
        }

        /// <summary>Takes places as soon as there are some, for as long as answers take and their client comes late.</summary>
        /// <returns>The moment.</returns>
        internal DateTimeOffset Take(int sequences, DateTimeOffset notBefore, TimeSpan late)
        {
            _at = notBefore > _at ? notBefore : _at;
            while (_free < Math.Min(sequences, _limit) && _ends.TryDequeue(out var ended, out var end))
            {
                _free += ended;
                _at = end > _at ? end : _at;
            }

            _free -= sequences;
            _ends.Enqueue(sequences, _at + late + _typical);
            return _at;
        }
    }
}
