using System.Collections.Immutable;
using System.IO.Enumeration;

namespace Herd.Engine.Training.Parameters;

/// <summary>Tensors that are trained alike: what trains is data, not code.</summary>
public sealed record ParameterGroup
{
    /// <summary>Its name, for reports.</summary>
    public required string Name { get; init; }

    /// <summary>Patterns of names with <c>*</c> and <c>?</c>; a tensor that fits one belongs to the group.</summary>
    public required ImmutableArray<string> Tensors { get; init; }

    /// <summary>Patterns of names that do not belong to it all the same.</summary>
    public ImmutableArray<string> Except { get; init; } = [];

    /// <summary>What the learning rate is multiplied by.</summary>
    /// <value>Default 1.</value>
    public double Rate { get; init; } = 1;

    /// <summary>Decay of weights, per step and unit of learning rate; biases, norms and scales are never decayed.</summary>
    /// <value>Default 0.</value>
    public double WeightDecay { get; init; }

    /// <summary>Sources of data whose batches move the group; empty for all of them.</summary>
    public ImmutableArray<string> Sources { get; init; } = [];

    /// <summary>Whether a tensor belongs to it.</summary>
    /// <param name="tensor">The tensor's name.</param>
    /// <returns>True where it does.</returns>
    public bool Holds(string tensor)
    {
        bool Fits(string pattern) => FileSystemName.MatchesSimpleExpression(pattern, tensor, ignoreCase: false);
        return Tensors.Any(Fits) && !Except.Any(Fits);
    }

    /// <summary>Whether batches of a source move it.</summary>
    /// <param name="source">The source's name.</param>
    /// <returns>True where they do.</returns>
    public bool IsMovedBy(string source) => Sources.IsEmpty || Sources.Contains(source);
}
