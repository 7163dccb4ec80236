using Herd.Engine.Training;
using Herd.Engine.Training.Runs;
using ScottPlot;

namespace Herd.Cli.Training;

/// <summary>Draws the losses of a run, a line for each source.</summary>
internal static class LossPlot
{
    private const int Width = 900;
    private const int Height = 540;
    private const int MostPoints = 400;

    /// <summary>Draws.</summary>
    /// <param name="folder">The run's folder.</param>
    internal static void Write(RunFolder folder)
    {
        using var plot = new Plot();
        foreach (var source in MetricsLog.Read(folder.Metrics).GroupBy(step => step.Source))
        {
            var points = Means([.. source]);
            var line = plot.Add.Scatter(points.Select(point => point.Step).ToArray(), points.Select(point => point.Loss).ToArray());
            (line.LegendText, line.MarkerSize) = (source.Key, 0);
        }

        plot.XLabel("step");
        plot.YLabel("loss");
        plot.ShowLegend();
        plot.SavePng(folder.Plot, Width, Height);
    }

    /// <summary>Means of neighbours where there are more steps than a plot can show.</summary>
    private static List<(double Step, double Loss)> Means(TrainingStep[] steps) =>
        [.. steps.Chunk(Math.Max(1, steps.Length / MostPoints)).Select(part => (part.Average(step => (double)step.Step), part.Average(step => step.Loss)))];
}
