using static TorchSharp.torch;

namespace Herd.Engine.Training.Parameters;

/// <summary>A tensor that is trained.</summary>
/// <param name="Name">Its name, canonical within an adapter, <c>base.</c> and Meta's name in a base.</param>
/// <param name="Value">A Float32 leaf, borrowed from its model.</param>
/// <param name="Group">The group that says how.</param>
internal sealed record TrainedParameter(string Name, Tensor Value, ParameterGroup Group)
{
    /// <summary>Its weight decay: the group's, or none for what is never decayed.</summary>
    public double WeightDecay { get; } = DecayRule.Applies(Name, Value.shape) ? Group.WeightDecay : 0;
}
