namespace Herd.Silo.Training;

/// <summary>The queries of <see cref="JobRepository"/>.</summary>
internal static class JobSql
{
    internal const string Add =
        """
        INSERT INTO training_jobs (tenant, id, settings, archive_digest, archive_bytes, archive_copy, state, steps_done, steps, created_at, claims)
        VALUES (@Tenant, @Id, @Settings, @ArchiveDigest, @ArchiveBytes, @ArchiveCopy, 0, 0, 0, @CreatedAt, 0) ON CONFLICT DO NOTHING
        """;

    internal const string CountOpen = "SELECT COUNT(*) FROM training_jobs WHERE tenant = @tenant AND ended_at IS NULL";

    /// <summary>What a tenant's list does not show any more.</summary>
    internal const string Forget =
        """
        DELETE FROM training_jobs WHERE tenant = @tenant AND ended_at IS NOT NULL AND id NOT IN (
          SELECT id FROM training_jobs WHERE tenant = @tenant AND ended_at IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT @kept)
        """;

    internal const string Find = "SELECT " + All + " FROM training_jobs WHERE tenant = @tenant AND id = @id";

    internal const string List = "SELECT " + All +
        " FROM training_jobs WHERE tenant = @tenant AND (created_at, id) < (@moment, @id) ORDER BY created_at DESC, id DESC LIMIT @count";

    /// <summary>Takes the job whose turn it is: tenants with fewer jobs at work come first, then older jobs.</summary>
    internal const string Claim =
        """
        UPDATE training_jobs SET state = CASE WHEN state = 0 THEN 1 ELSE state END, holder = @holder, held_until = @until, claims = claims + 1,
          started_at = COALESCE(started_at, @now)
        WHERE ended_at IS NULL AND (tenant, id) = (
          SELECT waiting.tenant, waiting.id FROM training_jobs AS waiting
          WHERE waiting.ended_at IS NULL AND (waiting.holder IS NULL OR waiting.held_until < @now)
          ORDER BY (SELECT COUNT(*) FROM training_jobs AS held WHERE held.ended_at IS NULL AND held.tenant = waiting.tenant AND held.held_until >= @now),
            waiting.created_at, waiting.id LIMIT 1)
        RETURNING
        """ + " " + All;

    /// <summary>Writes down how far a job is, as its holder, and learns whether its owner wants it to end.</summary>
    internal const string Renew =
        """
        UPDATE training_jobs SET state = @State, steps_done = @StepsDone, steps = @Steps, loss = @Loss, version = @Version, accuracy = @Accuracy, held_until = @HeldUntil
        WHERE tenant = @Tenant AND id = @Id AND holder = @Holder AND ended_at IS NULL
        """;

    internal const string IsCancelled = "SELECT cancelled_at IS NOT NULL FROM training_jobs WHERE tenant = @Tenant AND id = @Id";

    internal const string Release =
        """
        UPDATE training_jobs SET state = 0, holder = NULL, held_until = NULL WHERE tenant = @Tenant AND id = @Id AND holder = @Holder AND ended_at IS NULL
        """;

    internal const string End =
        """
        UPDATE training_jobs SET state = @State, steps_done = @StepsDone, steps = @Steps, loss = @Loss, version = @Version, accuracy = @Accuracy, message = @Message,
          ended_at = @EndedAt, holder = NULL, held_until = NULL
        WHERE tenant = @Tenant AND id = @Id AND holder = @Holder AND ended_at IS NULL
        """;

    internal const string AskToEnd =
        "UPDATE training_jobs SET cancelled_at = COALESCE(cancelled_at, @now) WHERE tenant = @tenant AND id = @id AND ended_at IS NULL";

    /// <summary>Ends a job that nobody works at.</summary>
    internal const string EndIdle =
        """
        UPDATE training_jobs SET state = 5, ended_at = @now, holder = NULL, held_until = NULL
        WHERE tenant = @tenant AND id = @id AND ended_at IS NULL AND (holder IS NULL OR held_until < @now)
        """;

    private const string All =
        "tenant AS Tenant, id AS Id, settings AS Settings, archive_digest AS ArchiveDigest, archive_bytes AS ArchiveBytes, archive_copy AS ArchiveCopy, "
        + "state AS State, steps_done AS StepsDone, steps AS Steps, loss AS Loss, version AS Version, accuracy AS Accuracy, message AS Message, "
        + "created_at AS CreatedAt, started_at AS StartedAt, ended_at AS EndedAt, holder AS Holder, claims AS Claims";
}
