using Herd.Engine.Tensors;
using Herd.Engine.Training.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace Herd.Engine.Training.Optimization;

/// <summary>AdamW: decoupled weight decay. Source: Loshchilov and Hutter, arXiv:1711.05101.</summary>
/// <remarks>
/// <c>p -= r d p; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; p -= r (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)</c>. Each tensor counts its own steps t,
/// since not every batch moves every tensor. Owns the moments.
/// </remarks>
internal sealed class AdamW : IDisposable
{
    private readonly AdamWSettings _settings;
    private readonly Scalar _kept1;
    private readonly Scalar _rest1;
    private readonly Scalar _kept2;
    private readonly Scalar _rest2;
    private readonly SortedDictionary<string, Moments> _moments = new(StringComparer.Ordinal);

    /// <summary>Starts with nothing remembered.</summary>
    /// <param name="settings">The constants.</param>
    public AdamW(AdamWSettings settings)
    {
        _settings = settings;
        (_kept1, _rest1) = (settings.Beta1.ToScalar(), (1 - settings.Beta1).ToScalar());
        (_kept2, _rest2) = (settings.Beta2.ToScalar(), (1 - settings.Beta2).ToScalar());
    }

    /// <summary>What it remembers of each tensor that it has moved, by the tensor's name; borrowed.</summary>
    public IReadOnlyDictionary<string, Moments> State => _moments;

    /// <summary>Takes a remembered state over, as <see cref="State"/> had it.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="moments">The state, taken over.</param>
    public void Restore(string name, Moments moments)
    {
        _moments.Remove(name, out var before);
        before?.Dispose();
        _moments.Add(name, moments);
    }

    /// <summary>Moves a tensor along its gradient.</summary>
    /// <param name="parameter">The tensor.</param>
    /// <param name="gradient">Its gradient.</param>
    /// <param name="rate">The learning rate.</param>
    public void Move(TrainedParameter parameter, Tensor gradient, double rate)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        if (!_moments.TryGetValue(parameter.Name, out var moments))
        {
            moments = new Moments(zeros_like(gradient).DetachFromDisposeScope(), zeros_like(gradient).DetachFromDisposeScope(), 0);
            _moments.Add(parameter.Name, moments);
        }

        var step = ++moments.Steps;
        if (parameter.WeightDecay != 0)
        {
            using var kept = (1 - (rate * parameter.WeightDecay)).ToScalar();
            parameter.Value.mul_(kept);
        }

        moments.Mean.mul_(_kept1).add_(gradient, _rest1);
        moments.Square.mul_(_kept2).addcmul_(gradient, gradient, _rest2);
        using var root = (1 / Math.Sqrt(1 - Math.Pow(_settings.Beta2, step))).ToScalar();
        using var length = (-rate / (1 - Math.Pow(_settings.Beta1, step))).ToScalar();
        parameter.Value.addcdiv_(moments.Mean, moments.Square.sqrt().mul_(root).Plus((float)_settings.Epsilon), length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var moments in _moments.Values)
        {
            moments.Dispose();
        }

        foreach (var scalar in new[] { _kept1, _rest1, _kept2, _rest2 })
        {
            scalar.Dispose();
        }
    }
}
