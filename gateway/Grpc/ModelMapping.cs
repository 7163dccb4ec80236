using Google.Protobuf.WellKnownTypes;
using Herd.Contracts.Adapters;
using Herd.Contracts.Models;
using Herd.Gateway.Serving;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Maps models, replicas and what replicas hold to the public contract.</summary>
internal static class ModelMapping
{
    /// <summary>A model.</summary>
    /// <param name="entry">The model.</param>
    /// <param name="served">The base that serves it; null while none is loaded.</param>
    /// <returns>The message.</returns>
    public static V1.Model ToProto(CatalogEntry entry, BaseInfo? served) => new()
    {
        Id = entry.Id,
        Kind = entry.Version is null ? V1.ModelKind.Base : V1.ModelKind.Adapter,
        Version = entry.Version ?? "",
        ContextTokens = served?.ContextTokens ?? 0,
        TakesPictures = entry.TakesPictures && served is { HasVision: true },
        Base = served is null ? null : ToProto(served),
    };

    /// <summary>A replica.</summary>
    /// <param name="replica">The replica.</param>
    /// <returns>The message.</returns>
    public static V1.Replica ToProto(ReplicaInfo replica) => new()
    {
        Id = replica.ModelKey,
        State = ToProto(replica.State),
        Base = replica.Base is null ? null : ToProto(replica.Base),
        RunningSequences = replica.RunningSequences,
        WaitingSequences = replica.WaitingSequences,
        FreeBlocks = replica.FreeBlocks,
        TotalBlocks = replica.TotalBlocks,
        ResidentVersions = { replica.ResidentVersions },
        CachedBlocks = replica.CachedBlocks,
        PromptTokens = replica.PromptTokens,
        ReusedTokens = replica.ReusedTokens,
        Weights = replica.Weights,
        WeightBytes = replica.WeightBytes,
        ColdStarts = replica.ColdStarts,
    };

    /// <summary>A lease.</summary>
    /// <param name="lease">The lease.</param>
    /// <returns>The message.</returns>
    public static V1.Lease ToProto(LeaseDescription lease) => new()
    {
        Holder = lease.Holder,
        Silo = lease.Silo,
        Device = lease.Device,
        Version = lease.Version,
        Since = Timestamp.FromDateTimeOffset(lease.Since),
        ExpiresAt = Timestamp.FromDateTimeOffset(lease.ExpiresAt),
        HolderAlive = lease.HolderAlive,
        Orphaned = lease.Orphaned,
    };

    /// <summary>A tombstone.</summary>
    /// <param name="tombstone">The tombstone.</param>
    /// <returns>The message.</returns>
    public static V1.Tombstone ToProto(TombstoneDescription tombstone) => new()
    {
        Tenant = tombstone.Tenant,
        Adapter = tombstone.Adapter,
        CreatedAt = Timestamp.FromDateTimeOffset(tombstone.CreatedAt),
        DeletedAt = Timestamp.FromDateTimeOffset(tombstone.DeletedAt),
        FreedAt = tombstone.FreedAt is { } freed ? Timestamp.FromDateTimeOffset(freed) : null,
    };

    private static V1.BaseInfo ToProto(BaseInfo info) => new()
    {
        Digest = info.Digest,
        TokenizerDigest = info.TokenizerDigest,
        ContextTokens = info.ContextTokens,
        Dtype = info.Dtype,
        Parameters = info.Parameters,
        HasVision = info.HasVision,
    };

    private static V1.ReplicaState ToProto(ReplicaState state) => state switch
    {
        ReplicaState.Loading => V1.ReplicaState.Loading,
        ReplicaState.Ready => V1.ReplicaState.Ready,
        ReplicaState.Draining => V1.ReplicaState.Draining,
        ReplicaState.Failed => V1.ReplicaState.Failed,
        _ => V1.ReplicaState.Unspecified,
    };
}
