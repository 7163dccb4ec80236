using Google.Protobuf.WellKnownTypes;
using Herd.Contracts.Adapters;
using V1 = Herd.Protos.V1;

namespace Herd.Gateway.Grpc;

/// <summary>Maps adapters between the public contract and the cluster's.</summary>
internal static class AdapterMapping
{
    /// <summary>An adapter.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <returns>The message.</returns>
    public static V1.Adapter ToProto(AdapterDescription adapter)
    {
        var message = new V1.Adapter { Name = adapter.Name, CreatedAt = Timestamp.FromDateTimeOffset(adapter.CreatedAt) };
        foreach (var (alias, digest) in adapter.Aliases)
        {
            message.Aliases.Add(alias, digest);
        }

        foreach (var (alias, canary) in adapter.Canaries)
        {
            message.Canaries.Add(alias, new V1.Canary { Version = canary.Version, Share = canary.Share, Since = Timestamp.FromDateTimeOffset(canary.Since) });
        }

        message.Versions.AddRange(adapter.Versions.Select(ToProto));
        return message;
    }

    /// <summary>An entry of an alias' history.</summary>
    /// <param name="move">The entry.</param>
    /// <returns>The message.</returns>
    public static V1.AliasMove ToProto(AliasMove move) => new()
    {
        Position = move.Position,
        Kind = ToProto(move.Kind),
        From = move.From ?? "",
        To = move.To,
        Share = move.Share ?? 0,
        At = Timestamp.FromDateTimeOffset(move.At),
    };

    /// <summary>What an upload's file does not carry itself.</summary>
    /// <param name="settings">What the client set; null for nothing.</param>
    /// <returns>The settings.</returns>
    public static AdapterSettings ToSettings(V1.AdapterSettings? settings) => settings is null ? new AdapterSettings() : new AdapterSettings
    {
        VisualHeads = settings.HasVisualHeads ? settings.VisualHeads : null,
        Template = settings.HasTemplate ? settings.Template : null,
        ChannelOrder = settings.HasChannelOrder ? settings.ChannelOrder : null,
        PromptLength = settings.HasPromptLength ? settings.PromptLength : null,
        Gate = settings.HasGate ? settings.Gate : null,
        PromptKv = settings.HasPromptKv ? settings.PromptKv : null,
        ScaleOrder = settings.HasScaleOrder ? settings.ScaleOrder : null,
    };

    private static V1.AliasMoveKind ToProto(AliasMoveKind kind) => kind switch
    {
        AliasMoveKind.Published => V1.AliasMoveKind.Published,
        AliasMoveKind.Moved => V1.AliasMoveKind.Moved,
        AliasMoveKind.RolledBack => V1.AliasMoveKind.RolledBack,
        AliasMoveKind.CanarySet => V1.AliasMoveKind.CanarySet,
        AliasMoveKind.CanaryPromoted => V1.AliasMoveKind.CanaryPromoted,
        AliasMoveKind.CanaryAborted => V1.AliasMoveKind.CanaryAborted,
        _ => V1.AliasMoveKind.Unspecified,
    };

    private static V1.AdapterVersion ToProto(VersionDescription version) => new()
    {
        Digest = version.Digest,
        BaseDigest = version.BaseDigest,
        Template = version.Template,
        Parameters = version.Parameters,
        Bytes = version.Bytes,
        TakesPictures = version.TakesPictures,
        Experts = { version.Experts },
        CreatedAt = Timestamp.FromDateTimeOffset(version.CreatedAt),
    };
}
