using Herd.Contracts.Adapters;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Training;
using Herd.Engine.Training;
using Herd.Engine.Training.Adapters;
using Microsoft.Extensions.Options;

namespace Herd.Silo.Training;

/// <summary>What a job may ask for.</summary>
internal sealed class JobRules(IOptions<TrainingOptions> options)
{
    private const double MostPasses = 10_000;

    // Tenants train what is theirs: adapters. A base or an image encoder is the operator's.
    // What trains by several sources needs more than an archive's one.
    private static readonly string[] Presets =
    [
        .. TrainingPresets.Names.Except(["full", "clip"], StringComparer.Ordinal).Where(name => TrainingPresets.Get(name).Groups.All(group => group.Sources.IsDefaultOrEmpty)),
    ];

    /// <exception cref="HerdException">A setting is out of range.</exception>
    internal void Require(TrainingJobSettings settings)
    {
        GrainKeys.RequireName(settings.Adapter, "adapter");
        if (settings.Adapter == ModelReference.BaseName)
        {
            throw HerdException.Invalid("adapter", $"'{ModelReference.BaseName}' names the bare base; give the adapter another name.");
        }

        OneOf(settings.Preset, Presets, "preset");
        OneOf(settings.Layout ?? AdapterLayouts.ForPreset(settings.Preset), AdapterLayouts.Names, "layout");
        Within(settings.Steps, 1, options.Value.MaxSteps, "steps");
        Within(settings.Passes, double.Epsilon, MostPasses, "passes");
        Within(settings.Rate, double.Epsilon, double.MaxValue, "rate");
        Within(settings.Batch, 1, options.Value.MaxBatch, "batch");
        Within(settings.MinimumAccuracy, 0, 1, "minimum_accuracy");
        if (settings.Steps is not null && settings.Passes is not null)
        {
            throw HerdException.Invalid("passes", "Either 'steps' or 'passes' says how long to train, not both.");
        }

        RequireAlias(settings);
    }

    private static void RequireAlias(TrainingJobSettings settings)
    {
        if (settings.Alias is null)
        {
            if (settings.MinimumAccuracy is not null || settings.MovesUnchecked)
            {
                throw HerdException.Invalid("alias", "'alias' is missing: what is checked decides whether it is moved.");
            }

            return;
        }

        GrainKeys.RequireName(settings.Alias, "alias");
        if (settings.MinimumAccuracy is null != settings.MovesUnchecked)
        {
            throw HerdException.Invalid(
                "minimum_accuracy", "For an alias to be moved, either 'minimum_accuracy' names the share of held-out rows that must be right, or 'moves_unchecked' is true.");
        }
    }

    private static void OneOf(string value, IReadOnlyCollection<string> known, string field)
    {
        if (!known.Contains(value))
        {
            throw HerdException.Invalid(field, $"'{field}' must be one of {string.Join(", ", known)}.");
        }
    }

    private static void Within(double? value, double least, double most, string field)
    {
        if (value is { } given && !(given >= least && given <= most))
        {
            throw HerdException.Invalid(field, least == double.Epsilon ? $"'{field}' must be a number above 0 and at most {most:g4}." : $"'{field}' must be {least} to {most}.");
        }
    }
}
