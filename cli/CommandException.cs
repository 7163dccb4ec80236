namespace Herd.Cli;

/// <summary>A command failed, for a reason to be told in one line.</summary>
/// <param name="message">What was expected, what was found, and what to do.</param>
/// <param name="isMisuse">Whether the command line is to blame.</param>
internal sealed class CommandException(string message, bool isMisuse) : Exception(message)
{
    internal bool IsMisuse => isMisuse;
}
