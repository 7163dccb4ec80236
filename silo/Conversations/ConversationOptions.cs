using System.ComponentModel.DataAnnotations;

namespace Herd.Silo.Conversations;

/// <summary>How conversations run. Configuration section <c>Conversations</c>.</summary>
public sealed class ConversationOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Conversations";

    /// <summary>How long a turn runs on after its last reader left.</summary>
    /// <value>Default 60 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DetachedTurnLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a turn that has begun waits for a replica to go on with it, from its last token on; then it has failed.</summary>
    /// <value>Default 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan RecoveryLimit { get; set; } = TimeSpan.FromMinutes(5);
}
