using System.Reflection;
using NetArchTest.Rules;
using Xunit;

namespace Herd.Architecture.Tests;

public sealed class LayerTests
{
    private static readonly string[] Cluster = ["Orleans", "Microsoft.Orleans", "Microsoft.AspNetCore", "Grpc"];

    [Fact]
    public void Engine_KnowsNoClusterNoWebAndNoOtherPartOfHerd() => AssertReferencesNone(Projects.Engine, [.. Cluster, "Herd"]);

    [Fact]
    public void Contracts_KnowNoOtherPartOfHerdNoWebAndNoTensors() =>
        AssertReferencesNone(Projects.Contracts, "Herd", "Microsoft.AspNetCore", "Grpc", "Google.Protobuf", "TorchSharp");

    [Fact]
    public void Protos_KnowNoOtherPartOfHerd() => AssertReferencesNone(Projects.Protos, "Herd", "Orleans", "Microsoft.Orleans");

    [Fact]
    public void Silo_KnowsNeitherGatewayNorPublicContract() => AssertReferencesNone(Projects.Silo, "Herd.Gateway", "Herd.Protos", "Grpc", "Google.Protobuf");

    [Fact]
    public void Demo_KnowsOfHerdTheEngineAlone() =>
        AssertReferencesNone(Projects.Demo, [.. Cluster, "Herd.Contracts", "Herd.Protos", "Herd.Silo", "Herd.Gateway", "herd"]);

    [Fact]
    public void Cli_KnowsNoClusterAndNoGateway() => AssertReferencesNone(Projects.Cli, [.. Cluster, "Herd.Contracts", "Herd.Gateway"]);

    [Fact]
    public void Cli_OnlyItsDatabasesKnowTheSilo() => AssertHolds(Types.InAssembly(Projects.Cli)
        .That().ResideInNamespace("Herd.Cli").And().DoNotResideInNamespace("Herd.Cli.Databases")
        .ShouldNot().HaveDependencyOn("Herd.Silo"));

    [Fact]
    public void Gateway_OnlyItsHostingKnowsSiloAndEngine() => AssertHolds(Types.InAssembly(Projects.Gateway)
        .That().ResideInNamespace("Herd.Gateway").And().DoNotResideInNamespace("Herd.Gateway.Hosting")
        .ShouldNot().HaveDependencyOnAny("Herd.Silo", "Herd.Engine", "TorchSharp"));

    [Fact]
    public void Gateway_OnlyItsGrpcSurfaceKnowsThePublicContract() => AssertHolds(Types.InAssembly(Projects.Gateway)
        .That().ResideInNamespace("Herd.Gateway").And().DoNotResideInNamespace("Herd.Gateway.Grpc")
        .ShouldNot().HaveDependencyOn("Herd.Protos"));

    [Fact]
    public void Gateway_ItsGrpcSurfaceDoesKnowThePublicContract() => Assert.NotEmpty(Types.InAssembly(Projects.Gateway)
        .That().ResideInNamespace("Herd.Gateway.Grpc").And().HaveDependencyOn("Herd.Protos").GetTypes());

    private static void AssertReferencesNone(Assembly assembly, params string[] forbidden)
    {
        var found = Projects.ReferencesOf(assembly)
            .Where(name => forbidden.Any(prefix => name == prefix || name.StartsWith(prefix + ".", StringComparison.Ordinal)));

        Assert.Empty(found);
    }

    private static void AssertHolds(ConditionList rule) => Assert.Empty(rule.GetResult().FailingTypeNames ?? []);
}
