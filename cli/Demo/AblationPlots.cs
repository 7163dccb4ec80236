using Herd.Demo.Ablation;
using ScottPlot;

namespace Herd.Cli.Demo;

/// <summary>Draws a comparison: the seeds as points with their means, and the losses on the way.</summary>
internal static class AblationPlots
{
    private const int Width = 900;
    private const int Height = 420;
    private const float MarkerSize = 8;
    private const double HalfMean = 0.3;

    /// <summary>Draws.</summary>
    /// <param name="folder">The folder; it is there.</param>
    /// <param name="comparison">The comparison.</param>
    /// <param name="results">The results.</param>
    /// <returns>Names of the files.</returns>
    internal static IReadOnlyList<string> Write(string folder, Comparison comparison, AblationResults results)
    {
        var (points, losses) = ($"{comparison.Name}.png", $"{comparison.Name}-losses.png");
        using (var plot = Points(comparison, results))
        {
            plot.SavePng(Path.Combine(folder, points), Width, Height);
        }

        using (var plot = Losses(comparison, results))
        {
            plot.SavePng(Path.Combine(folder, losses), Width, Height);
        }

        return [points, losses];
    }

    private static Plot Points(Comparison comparison, AblationResults results)
    {
        var (plot, members) = (new Plot(), comparison.In(results));
        var groupWidth = Measure.Main.Count + 1;
        for (var index = 0; index < Measure.Main.Count; index++)
        {
            var (measure, color) = (Measure.Main[index], plot.Add.GetNextColor());
            foreach (var (member, group) in members.Select((member, group) => (member, group)))
            {
                if (measure.Of(results.Of(member.Variant)) is { } values)
                {
                    var at = (double)((group * groupWidth) + index);
                    var mean = plot.Add.Scatter(new[] { at - HalfMean, at + HalfMean }, new[] { values.Mean, values.Mean }, color);
                    (mean.MarkerSize, mean.LineWidth) = (0, 2);
                    var seeds = plot.Add.ScatterPoints(values.Values.Select(_ => at).ToArray(), values.Values.ToArray(), color);
                    (seeds.MarkerSize, seeds.LegendText) = (MarkerSize, group == 0 ? measure.Name : "");
                }
            }
        }

        plot.Axes.Bottom.SetTicks([.. members.Select((_, group) => (group * groupWidth) + ((Measure.Main.Count - 1) / 2.0))], [.. members.Select(member => member.Label)]);
        plot.Axes.SetLimits(-1, (members.Count * groupWidth) - 1, -0.02, 1.02);
        plot.YLabel("share right");
        plot.Title(comparison.Title);
        plot.ShowLegend(Edge.Right);
        return plot;
    }

    private static Plot Losses(Comparison comparison, AblationResults results)
    {
        var plot = new Plot();
        foreach (var member in comparison.In(results))
        {
            var runs = results.Of(member.Variant);
            foreach (var source in runs[0].Losses.Select(curve => curve.Source))
            {
                LossCurve[] curves = [.. runs.Select(run => run.Losses.First(curve => curve.Source == source))];
                var line = plot.Add.Scatter(
                    curves[0].Points.Select(point => point.Step).ToArray(), curves[0].Points.Select((_, point) => curves.Average(curve => curve.Points[point].Loss)).ToArray());
                (line.LegendText, line.MarkerSize, line.LineWidth) = ($"{member.Label}: {source}", 0, 2);
            }
        }

        plot.XLabel("step");
        plot.YLabel("loss, mean of the seeds");
        plot.Title(comparison.Title);
        plot.ShowLegend(Edge.Right);
        return plot;
    }
}
