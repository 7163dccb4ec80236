using Herd.Silo.Devices;

namespace Herd.Silo.Startup;

/// <summary>What the operator reads while a process waits to serve.</summary>
/// <param name="output">Where it is written.</param>
public sealed class LoadingMessages(TextWriter output)
{
    private LoadState _told = new("", -1);

    /// <summary>The waiting goes on; a line is written for each stage and each tenth of it.</summary>
    /// <param name="progress">How far it is.</param>
    public void Tell(LoadState progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var percent = (int)(Math.Clamp(progress.Fraction, 0, 1) * 10) * 10;
        var now = progress with { Fraction = percent };
        if (now != _told)
        {
            _told = now;
            output.WriteLine($"  {percent,3} %  {progress.Stage}");
            output.Flush();
        }
    }
}
