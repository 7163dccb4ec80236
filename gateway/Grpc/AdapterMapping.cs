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

        message.Versions.AddRange(adapter.Versions.Select(ToProto));
        return message;
    }

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

    private static V1.AdapterVersion ToProto(VersionDescription version) => new()
    {
        Digest = version.Digest,
        BaseDigest = version.BaseDigest,
        Template = version.Template,
        Parameters = version.Parameters,
        Bytes = version.Bytes,
        TakesPictures = version.TakesPictures,
        CreatedAt = Timestamp.FromDateTimeOffset(version.CreatedAt),
    };
}
