namespace Herd.Silo.Tenants;

/// <summary>The queries of <see cref="UsageRepository"/>.</summary>
internal static class UsageSql
{
    internal const string Open =
        """
        INSERT INTO usage_open (request_id, tenant, key_id, hour, sequences, prompt_tokens, generated_tokens, pictures)
        VALUES (@RequestId, @Tenant, @KeyId, @Hour, @Sequences, @PromptTokens, @GeneratedTokens, @Pictures) ON CONFLICT DO NOTHING
        """;

    internal const string Mark =
        """
        UPDATE usage_open SET prompt_tokens = @PromptTokens, generated_tokens = @GeneratedTokens WHERE request_id = @RequestId AND tenant = @Tenant
        """;

    internal const string Find = Columns + " WHERE request_id = @RequestId AND tenant = @tenant";

    internal const string ListOpen = Columns + " WHERE tenant = @tenant";

    internal const string Close = "DELETE FROM usage_open WHERE request_id = @RequestId AND tenant = @tenant";

    /// <summary>Closes a request that nobody is heard of, but for a turn that is still to go on: whoever takes it over counts on.</summary>
    /// <remarks>The state is written out, and the tenant told by the name alone: the index of running turns serves it.</remarks>
    internal const string CloseDead =
        Close
        + """
           AND NOT EXISTS (
            SELECT 1 FROM turns WHERE state = 0 AND request_id LIKE
              'turn/' || turns.tenant || '/' || conversation || '/' || position || '/' || created_at || '/%')
          """;

    /// <summary>Gives a request that another process began to the one that goes on with it. The other finds it no more.</summary>
    internal const string TakeOver =
        """
        UPDATE usage_open SET request_id = @requestId
        WHERE tenant = @tenant AND substr(request_id, 1, length(@beginning)) = @beginning AND request_id <> @requestId
        """;

    internal const string Count =
        """
        INSERT INTO usage_hours (tenant, key_id, hour, requests, prompt_tokens, cached_tokens, generated_tokens, pictures)
        VALUES (@tenant, @KeyId, @Hour, 1, @PromptTokens, @CachedTokens, @GeneratedTokens, @Pictures)
        ON CONFLICT (tenant, key_id, hour) DO UPDATE SET
          requests = usage_hours.requests + 1,
          prompt_tokens = usage_hours.prompt_tokens + excluded.prompt_tokens,
          cached_tokens = usage_hours.cached_tokens + excluded.cached_tokens,
          generated_tokens = usage_hours.generated_tokens + excluded.generated_tokens,
          pictures = usage_hours.pictures + excluded.pictures
        """;

    internal const string ReadAll = Sums + Grouped;

    internal const string ReadOne = Sums + " AND tenant = @tenant" + Grouped;

    private const string Columns =
        """
        SELECT request_id AS RequestId, tenant AS Tenant, key_id AS KeyId, hour AS Hour, sequences AS Sequences, prompt_tokens AS PromptTokens,
          generated_tokens AS GeneratedTokens, pictures AS Pictures FROM usage_open
        """;

    private const string Sums =
        """
        SELECT tenant AS Tenant, key_id AS KeyId, hour / @period * @period AS Start, CAST(SUM(requests) AS BIGINT) AS Requests,
          CAST(SUM(prompt_tokens) AS BIGINT) AS PromptTokens, CAST(SUM(cached_tokens) AS BIGINT) AS CachedTokens,
          CAST(SUM(generated_tokens) AS BIGINT) AS GeneratedTokens, CAST(SUM(pictures) AS BIGINT) AS Pictures
        FROM (
          SELECT tenant, key_id, hour, requests, prompt_tokens, cached_tokens, generated_tokens, pictures FROM usage_hours
          UNION ALL
          SELECT tenant, key_id, hour, 1, prompt_tokens, 0, generated_tokens, pictures FROM usage_open) AS used
        WHERE hour >= @from AND hour < @to AND (hour / @period * @period, tenant, key_id) > (@afterStart, @afterTenant, @afterKey)
        """;

    private const string Grouped = " GROUP BY 1, 2, 3 ORDER BY 3, 1, 2 LIMIT @count";
}
