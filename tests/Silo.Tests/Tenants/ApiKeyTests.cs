using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Silo.Tenants;
using Herd.Silo.Tests.Hosting;
using Herd.Silo.Tests.Storage;

namespace Herd.Silo.Tests.Tenants;

public abstract class ApiKeyTests(DatabaseSilo shared) : DatabaseSiloTests(shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ITenantDirectoryGrain Directory => Silo.Grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory);

    [Fact]
    public async Task A_new_key_names_its_tenant_until_it_is_revoked()
    {
        await Silo.CreateTenantAsync("key-life");
        CallerContext.SetAdmin();

        var created = await Directory.CreateKey("key-life", "for the test", null, Cancellation);

        Assert.Equal(new KeyIdentity("key-life", created.Description.Id), await VerifyAsync(created.Key));
        await Directory.RevokeKey("key-life", created.Description.Id, Cancellation);
        Assert.Null(await VerifyAsync(created.Key));
        Assert.NotNull(Assert.Single(await Directory.ListKeys("key-life", Cancellation)).RevokedAt);
    }

    [Fact]
    public async Task A_wrong_secret_and_an_unknown_id_say_the_same()
    {
        await Silo.CreateTenantAsync("key-wrong");
        CallerContext.SetAdmin();
        var created = await Directory.CreateKey("key-wrong", "", null, Cancellation);

        Assert.Null(await VerifyAsync(created.Key + "x"));
        Assert.Null(await VerifyAsync(ApiKeyFormat.Format("unknown", "0123456789abcdef")));
        Assert.NotNull(await VerifyAsync(created.Key));
    }

    [Fact]
    public async Task Keys_are_random_and_of_the_form_that_is_read()
    {
        await Silo.CreateTenantAsync("key-form");
        CallerContext.SetAdmin();

        var one = await Directory.CreateKey("key-form", "", null, Cancellation);
        var two = await Directory.CreateKey("key-form", "", null, Cancellation);

        Assert.Matches("^herd_[a-z2-7]{12}_[a-z2-7]{52}$", one.Key);
        Assert.NotEqual(one.Key, two.Key);
    }

    [Fact]
    public async Task Importing_a_key_again_is_no_error_and_taking_anothers_id_is()
    {
        await Silo.CreateTenantAsync("key-import");
        await Silo.CreateTenantAsync("key-import-other");
        CallerContext.SetAdmin();
        const string Key = "herd_imported_0123456789abcdef";

        var first = await Directory.ImportKey("key-import", "demo", Key, Cancellation);
        var again = await Directory.ImportKey("key-import", "demo", Key, Cancellation);

        Assert.Equal(first.Id, again.Id);
        Assert.Equal("key-import", (await VerifyAsync(Key))?.Tenant);
        Assert.Equal(HerdErrorCode.AlreadyExists, await CodeAsync(() => Directory.ImportKey("key-import-other", "", Key, Cancellation)));
        Assert.Equal(HerdErrorCode.AlreadyExists, await CodeAsync(() => Directory.ImportKey("key-import", "", Key + "x", Cancellation)));
    }

    [Theory]
    [InlineData("herd_demo_tooshort")]
    [InlineData("herd_DEMO_0123456789abcdef")]
    [InlineData("demo_0123456789abcdef")]
    [InlineData("herd__0123456789abcdef")]
    [InlineData("herd_demo_0123456789abcdef ")]
    public async Task A_malformed_key_is_not_imported(string key)
    {
        await Silo.CreateTenantAsync("key-malformed-" + Guid.NewGuid().ToString("N"));
        CallerContext.SetAdmin();
        var tenant = (await Directory.ListTenants(Cancellation)).Last(known => known.Name.StartsWith("key-malformed-", StringComparison.Ordinal)).Name;

        Assert.Equal(HerdErrorCode.InvalidArgument, await CodeAsync(() => Directory.ImportKey(tenant, "", key, Cancellation)));
    }

    [Fact]
    public async Task Tenants_have_unique_names_that_follow_the_rule()
    {
        await Silo.CreateTenantAsync("key-unique");
        CallerContext.SetAdmin();

        Assert.Equal(HerdErrorCode.AlreadyExists, await CodeAsync(() => Directory.CreateTenant("key-unique", null, Cancellation)));
        Assert.Equal(HerdErrorCode.InvalidArgument, await CodeAsync(() => Directory.CreateTenant("Not/A:Name", null, Cancellation)));
        Assert.Equal(HerdErrorCode.NotFound, await CodeAsync(() => Directory.CreateKey("key-nobody", "", null, Cancellation)));
        Assert.Equal(HerdErrorCode.NotFound, await CodeAsync(() => Directory.RevokeKey("key-unique", "unknown", Cancellation)));
        Assert.Equal(HerdErrorCode.NotFound, await CodeAsync(() => Directory.RevokeKey("key-unique", "un\0known", Cancellation)));
    }

    private static async Task<HerdErrorCode> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<HerdException>(call)).Code;

    private async Task<KeyIdentity?> VerifyAsync(string key)
    {
        Assert.True(ApiKeyFormat.TryParse(key, out var id, out var secret));
        return await Silo.Grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(id)).Verify(secret, Cancellation);
    }

    public sealed class OnSqlite(SharedSilo shared) : ApiKeyTests(shared);

    public sealed class OnPostgres(SharedPostgres server) : ApiKeyTests(server.Silo);
}
