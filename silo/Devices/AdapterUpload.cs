using Herd.Contracts.Adapters;
using Herd.Engine;
using Herd.Engine.Adapters;
using Herd.Engine.Execution;

namespace Herd.Silo.Devices;

/// <summary>Reads uploaded adapters.</summary>
internal static class AdapterUpload
{
    /// <summary>Reads and checks an upload against an engine's base.</summary>
    /// <exception cref="EngineException">The file or a setting is wrong, or the adapter does not fit.</exception>
    internal static AdapterPackage Read(string path, InferenceEngine engine, AdapterSettings settings)
    {
        var options = engine.AdapterReadOptions with
        {
            VisualHeads = settings.VisualHeads,
            Template = settings.Template,
            ChannelOrder = settings.ChannelOrder,
            PromptLength = settings.PromptLength,
            Gate = AdapterChoice.Parse<GateForm>("gate", settings.Gate),
            PromptKeyValues = AdapterChoice.Parse<PromptProjection>("prompt_kv", settings.PromptKv),
            ScaleOrder = AdapterChoice.Parse<ScaleOrder>("scale_order", settings.ScaleOrder),
        };
        try
        {
            return AdapterPackage.Read(path, options);
        }
        catch (EngineException error)
        {
            // Its name in the store says nothing to whoever sent it.
            throw new EngineException(error.Code, error.Message.Replace(Path.GetFileName(path), "The upload", StringComparison.Ordinal), error);
        }
    }
}
