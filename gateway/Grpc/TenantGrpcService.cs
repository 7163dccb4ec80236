using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Herd.Contracts.Errors;
using Herd.Contracts.Keys;
using Herd.Contracts.Tenants;
using Herd.Gateway.Keys;
using Microsoft.AspNetCore.Authorization;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Tenants and their keys, for the administrator.</summary>
[Authorize(Caller.AdminPolicy)]
internal sealed class TenantGrpcService(IGrainFactory grains) : V1.TenantService.TenantServiceBase
{
    private readonly ITenantDirectoryGrain _tenants = grains.GetGrain<ITenantDirectoryGrain>(GrainKeys.TenantDirectory);

    /// <inheritdoc/>
    public override async Task<V1.Tenant> CreateTenant(V1.CreateTenantRequest request, ServerCallContext context) =>
        ToProto(await _tenants.CreateTenant(request.Name, ToLimits(request.Limits), context.CancellationToken));

    /// <inheritdoc/>
    public override async Task<V1.Tenant> UpdateLimits(V1.UpdateLimitsRequest request, ServerCallContext context)
    {
        var limits = ToLimits(request.Limits) ?? throw HerdException.Invalid("limits", "'limits' must be set.");
        return ToProto(await _tenants.UpdateLimits(request.Tenant, limits, context.CancellationToken));
    }

    /// <inheritdoc/>
    public override async Task<V1.ListTenantsResponse> ListTenants(V1.ListTenantsRequest request, ServerCallContext context)
    {
        var tenants = await _tenants.ListTenants(context.CancellationToken);
        return new V1.ListTenantsResponse { Tenants = { tenants.Select(ToProto) } };
    }

    /// <inheritdoc/>
    public override async Task<V1.CreateKeyResponse> CreateKey(V1.CreateKeyRequest request, ServerCallContext context)
    {
        var created = await _tenants.CreateKey(request.Tenant, request.Label, Moment.Read(request.ExpiresAt, "expires_at"), context.CancellationToken);
        return new V1.CreateKeyResponse { Description = ToProto(created.Description), Key = created.Key };
    }

    /// <inheritdoc/>
    public override async Task<V1.ListKeysResponse> ListKeys(V1.ListKeysRequest request, ServerCallContext context)
    {
        var keys = await _tenants.ListKeys(request.Tenant, context.CancellationToken);
        return new V1.ListKeysResponse { Keys = { keys.Select(ToProto) } };
    }

    /// <inheritdoc/>
    public override async Task<Empty> RevokeKey(V1.RevokeKeyRequest request, ServerCallContext context)
    {
        await _tenants.RevokeKey(request.Tenant, request.KeyId, context.CancellationToken);
        return new Empty();
    }

    private static TenantLimits? ToLimits(V1.TenantLimits? limits) => limits is null ? null : new TenantLimits
    {
        ConcurrentSequences = limits.ConcurrentSequences,
        Adapters = limits.Adapters,
        RequestsPerMinute = limits.HasRequestsPerMinute ? limits.RequestsPerMinute : null,
        TokensPerMinute = limits.HasTokensPerMinute ? limits.TokensPerMinute : null,
        StoredBytes = limits.HasStoredBytes ? limits.StoredBytes : null,
        StoredPictures = limits.HasStoredPictures ? limits.StoredPictures : null,
        PicturesPerRequest = limits.HasPicturesPerRequest ? limits.PicturesPerRequest : null,
        Weight = limits.Weight == 0 ? 1 : limits.Weight,
        TrainingJobs = limits.HasTrainingJobs ? limits.TrainingJobs : TenantLimits.DefaultTrainingJobs,
    };

    private static V1.TenantLimits ToProto(TenantLimits limits)
    {
        var message = new V1.TenantLimits
        {
            ConcurrentSequences = limits.ConcurrentSequences, Adapters = limits.Adapters, Weight = limits.Weight, TrainingJobs = limits.TrainingJobs,
        };
        Set(limits.RequestsPerMinute, value => message.RequestsPerMinute = value);
        Set(limits.TokensPerMinute, value => message.TokensPerMinute = value);
        Set(limits.StoredBytes, value => message.StoredBytes = value);
        Set(limits.StoredPictures, value => message.StoredPictures = value);
        Set(limits.PicturesPerRequest, value => message.PicturesPerRequest = value);
        return message;
    }

    private static void Set<T>(T? value, Action<T> set)
        where T : struct
    {
        if (value is { } given)
        {
            set(given);
        }
    }

    private static V1.Tenant ToProto(TenantDescription tenant) => new()
    {
        Name = tenant.Name,
        Limits = ToProto(tenant.Limits),
        CreatedAt = Timestamp.FromDateTimeOffset(tenant.CreatedAt),
    };

    private static V1.ApiKey ToProto(ApiKeyDescription key) => new()
    {
        Id = key.Id,
        Label = key.Label,
        CreatedAt = Timestamp.FromDateTimeOffset(key.CreatedAt),
        RevokedAt = key.RevokedAt is { } revoked ? Timestamp.FromDateTimeOffset(revoked) : null,
        ExpiresAt = key.ExpiresAt is { } expires ? Timestamp.FromDateTimeOffset(expires) : null,
    };
}
