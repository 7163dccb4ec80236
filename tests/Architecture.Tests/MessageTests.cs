using System.Reflection;
using Xunit;

namespace Herd.Architecture.Tests;

public sealed class MessageTests
{
    private static IEnumerable<Type> GrainInterfaces => Projects.Contracts.GetTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrain)));

    private static IEnumerable<Type> Messages => Projects.Contracts.GetTypes()
        .Concat(Projects.Silo.GetTypes())
        .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null && type.Namespace?.StartsWith("Herd.", StringComparison.Ordinal) == true);

    [Fact]
    public void GrainInterfaces_AllHaveAliasesThatAreTheirOwn() => AssertOwnAliases(GrainInterfaces);

    [Fact]
    public void GrainMethods_AllHaveAliasesThatAreTheirOwn() => Assert.All(GrainInterfaces, grain => AssertOwnAliases(grain.GetMethods()));

    [Fact]
    public void Messages_AllHaveAliasesThatAreTheirOwn() => AssertOwnAliases(Messages);

    [Fact]
    public void Messages_AllTheirPropertiesHaveIds() => Assert.All(Messages, message => Assert.All(
        message.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(property => property.SetMethod is not null),
        property => Assert.NotNull(property.GetCustomAttribute<IdAttribute>())));

    private static void AssertOwnAliases(IEnumerable<MemberInfo> members)
    {
        Assert.NotEmpty(members);
        Assert.All(members, member => Assert.NotNull(member.GetCustomAttribute<AliasAttribute>(inherit: false)));
        Assert.Distinct(members.Select(member => member.GetCustomAttribute<AliasAttribute>(inherit: false)!.Alias));
    }
}
