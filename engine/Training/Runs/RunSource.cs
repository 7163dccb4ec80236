using System.Collections.Immutable;
using Herd.Engine.Training.Data;

namespace Herd.Engine.Training.Runs;

/// <summary>A source of data of a run.</summary>
/// <param name="Name">Its name, by which groups say what moves them.</param>
/// <param name="Files">Its files, whose rows are mixed as if they were one.</param>
/// <param name="Share">Its share of the steps.</param>
public sealed record RunSource(string Name, ImmutableArray<DataSource> Files, double Share = 1);
