using System.Reflection;
using Herd.Contracts.Adapters;
using Herd.Contracts.Conversations;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Models;
using Herd.Contracts.Tenants;
using Herd.Contracts.Training;

namespace Herd.Silo.Tests.Hosting;

/// <summary>Every method of every grain, ordinary or streaming, with the arguments never looked at: the filter stands before them.</summary>
public sealed class TenantCallFilterTests(SharedSilo shared)
{
    /// <summary>Keys of things that belong to another tenant, or to the administrator.</summary>
    private static readonly Dictionary<Type, string> ForeignKeys = new()
    {
        [typeof(ITenantGrain)] = GrainKeys.Tenant("other"),
        [typeof(IAdapterGrain)] = GrainKeys.Adapter("other", "story"),
        [typeof(IConversationGrain)] = GrainKeys.Conversation("other", "c1"),
        [typeof(ITenantDirectoryGrain)] = GrainKeys.TenantDirectory,
        [typeof(ILeaseDirectoryGrain)] = GrainKeys.LeaseDirectory,
        [typeof(ITrainingJobGrain)] = GrainKeys.TrainingJob("other", "j1"),
    };

    /// <summary>What belongs to nobody.</summary>
    private static readonly Type[] Common = [typeof(IModelGrain), typeof(IReplicaDirectoryGrain), typeof(IApiKeyGrain)];

    public static TheoryData<Type, string> Methods =>
    [
        .. ForeignKeys.Keys.SelectMany(grain => grain.GetMethods().Select(method => new TheoryDataRow<Type, string>(grain, method.Name))),
    ];

    [Fact]
    public void Every_grain_interface_is_known_here()
    {
        var all = typeof(ITenantGrain).Assembly.GetTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrainWithStringKey)));

        Assert.Equal(ForeignKeys.Keys.Concat(Common).Select(type => type.Name).Order(), all.Select(type => type.Name).Order());
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Another_tenant_is_refused(Type grain, string method)
    {
        CallerContext.SetTenant("mine");

        await AssertRefusedAsync(grain, method);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task A_caller_without_identity_is_refused(Type grain, string method) => await AssertRefusedAsync(grain, method);

    [Fact]
    public async Task A_tenant_whose_name_begins_like_anothers_is_refused()
    {
        CallerContext.SetTenant("othe");

        await AssertRefusedAsync(typeof(ITenantGrain), nameof(ITenantGrain.ListAdapters));
    }

    private async Task AssertRefusedAsync(Type grain, string method)
    {
        var target = shared.Silo.Grains.GetGrain(grain, ForeignKeys[grain]);

        var refused = await Assert.ThrowsAsync<HerdException>(() => CallAsync(target, grain.GetMethod(method)!));

        Assert.Equal(HerdErrorCode.PermissionDenied, refused.Code);
    }

    private static async Task CallAsync(object target, MethodInfo method)
    {
        var arguments = method.GetParameters().Select(parameter => parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null);
        var result = method.Invoke(target, [.. arguments]);
        if (result is Task task)
        {
            await task;
            return;
        }

        var element = method.ReturnType.GetGenericArguments().Single();
        await (Task)typeof(TenantCallFilterTests).GetMethod(nameof(ReadAsync), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(element).Invoke(null, [result])!;
    }

    private static async Task ReadAsync<T>(IAsyncEnumerable<T> stream) => await stream.GetAsyncEnumerator().MoveNextAsync();
}
