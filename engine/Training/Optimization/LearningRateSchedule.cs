namespace Herd.Engine.Training.Optimization;

/// <summary>The official schedule: a line up from 0, then half a cosine down. The very first step has rate 0.</summary>
/// <remarks><c>r s/w</c> for s &lt; w, then <c>m + (r - m) (1 + cos(pi (s - w)/(n - w))) / 2</c>. Source: docs/engine.md, "Training".</remarks>
/// <param name="Peak">Rate r at the end of the line.</param>
/// <param name="Steps">Optimiser steps n in all.</param>
/// <param name="WarmUp">Steps w of the line.</param>
/// <param name="Minimum">Rate m at the end.</param>
public sealed record LearningRateSchedule(double Peak, long Steps, long WarmUp, double Minimum = 0)
{
    /// <summary>The rate of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <returns>The rate.</returns>
    public double At(long step)
    {
        if (step < WarmUp)
        {
            return Peak * step / WarmUp;
        }

        var way = Steps == WarmUp ? 1 : Math.Min(1, (step - WarmUp) / (double)(Steps - WarmUp));
        return Minimum + ((Peak - Minimum) * 0.5 * (1 + Math.Cos(Math.PI * way)));
    }
}
