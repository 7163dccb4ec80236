using System.Reflection;
using Herd.Testing;

namespace Herd.Architecture.Tests;

/// <summary>The project's assemblies and folders.</summary>
internal static class Projects
{
    public static Assembly Engine { get; } = Assembly.Load("Herd.Engine");

    public static Assembly Contracts { get; } = Assembly.Load("Herd.Contracts");

    public static Assembly Protos { get; } = Assembly.Load("Herd.Protos");

    public static Assembly Silo { get; } = Assembly.Load("Herd.Silo");

    public static Assembly Gateway { get; } = Assembly.Load("Herd.Gateway");

    public static Assembly Demo { get; } = Assembly.Load("Herd.Demo");

    public static Assembly Cli { get; } = Assembly.Load("herd");

    public static IReadOnlyList<Assembly> All { get; } = [Engine, Contracts, Protos, Silo, Gateway, Demo, Cli];

    public static string Root => RepositoryFiles.Root;

    public static IEnumerable<string> ReferencesOf(Assembly assembly) => assembly.GetReferencedAssemblies().Select(reference => reference.Name!);
}
