using static TorchSharp.torch;

namespace Herd.Engine.Training.Parameters;

/// <summary>Finds the tensors of a plan's groups.</summary>
internal static class GroupedParameters
{
    /// <summary>Finds them; every pattern must hold something, and no tensor may belong to two groups.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="tensors">All tensors that can be trained.</param>
    /// <param name="sources">The sources there are.</param>
    /// <returns>What is trained, in the order of names.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: the groups do not fit the tensors or the sources.</exception>
    public static IReadOnlyList<TrainedParameter> Of(TrainingPlan plan, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyCollection<string> sources)
    {
        var parameters = new List<TrainedParameter>();
        foreach (var (name, value) in tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            ParameterGroup[] groups = [.. plan.Groups.Where(group => group.Holds(name))];
            if (groups.Length > 1)
            {
                throw Refuse($"tensor '{name}' in one group at most", $"it in '{groups[0].Name}' and '{groups[1].Name}'");
            }

            if (groups.Length == 1)
            {
                parameters.Add(new TrainedParameter(name, value, groups[0]));
            }
        }

        foreach (var group in plan.Groups)
        {
            if (parameters.All(parameter => parameter.Group != group))
            {
                throw Refuse($"tensors for group '{group.Name}' ({string.Join(", ", group.Tensors)})", $"none among {string.Join(", ", tensors.Keys.Order(StringComparer.Ordinal).Take(5))}, ...");
            }

            if (group.Sources.FirstOrDefault(source => !sources.Contains(source)) is { } unknown)
            {
                throw Refuse($"a source of data '{unknown}', which moves group '{group.Name}'", $"only {string.Join(", ", sources)}");
            }
        }

        return parameters;
    }

    private static EngineException Refuse(string expected, string found) => new(EngineErrorCode.InvalidRequest, $"Training groups: expected {expected}, found {found}.");
}
