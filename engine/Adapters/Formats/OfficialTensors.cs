using static TorchSharp.torch;

namespace Herd.Engine.Adapters.Formats;

/// <summary>An adapter's tensors under the names and in the shapes of a released layout.</summary>
internal sealed class OfficialTensors
{
    private readonly AdapterPackage _package;
    private readonly IAdapterNames _names;
    private readonly Dictionary<string, Tensor> _left;
    private readonly Dictionary<string, Tensor> _told = [];

    private OfficialTensors(AdapterPackage package, IAdapterNames names)
    {
        _package = package;
        _names = names;
        _left = package.Components.SelectMany(component => component.Tensors).ToDictionary();
    }

    /// <summary>Tells all tensors, front end first, then layer by layer.</summary>
    /// <returns>Name to tensor: views that belong to the caller's scope.</returns>
    /// <exception cref="Checkpoints.CheckpointException">A tensor has no place in the layout.</exception>
    internal static IReadOnlyDictionary<string, Tensor> Of(AdapterPackage package, IAdapterNames names, string path)
    {
        var tensors = new OfficialTensors(package, names);
        tensors.TellAll();
        return tensors._left.Keys.Order(StringComparer.Ordinal).FirstOrDefault() is { } stranger
            ? throw OfficialLayoutChoice.Refuse(path, "only what the released layout has a place for", $"'{stranger}'")
            : tensors._told;
    }

    private void TellAll()
    {
        var (canonical, config) = (CanonicalNames.Instance, _package.BaseConfig);
        foreach (var name in _left.Keys.Where(Vision.VisualFrontEndShape.IsPart).Order(StringComparer.Ordinal).ToList())
        {
            Tell(name, name, null);
        }

        TellPrompts();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            Tell(canonical.Gate(layer), _names.Gate(layer), _names.GateShape(config.Heads));
            Tell(canonical.NewGate(layer), _names.NewGate(layer), _names.NewGateShape);
            Tell(canonical.VisualGate(layer), _names.VisualGate(layer), _names.GateShape(config.Heads));
            foreach (var linear in TunedLinearExtensions.All)
            {
                Tell(canonical.Bias(layer, linear), _names.Bias(layer, linear), null);
                Tell(canonical.Scale(layer, linear), _names.Scale(layer, linear), null);
                Tell(canonical.LoraIn(layer, linear), _names.LoraIn(layer, linear), null);
                Tell(canonical.LoraOut(layer, linear), _names.LoraOut(layer, linear), null);
            }

            Tell(canonical.AttentionNorm(layer), _names.AttentionNorm(layer), null);
            Tell(canonical.FeedForwardNorm(layer), _names.FeedForwardNorm(layer), null);
        }

        Tell(canonical.FinalNorm, _names.FinalNorm, null);
    }

    private void TellPrompts()
    {
        if (_package.Manifest.Prompts is not { } prompts)
        {
            return;
        }

        var query = CanonicalNames.Instance.Query;
        if (_names.Query is { } name)
        {
            Tell(query, name, _names.QueryShape(prompts.Layers, prompts.Length, _package.BaseConfig.Width));
            return;
        }

        _left.Remove(query, out var all);
        for (var index = 0; index < prompts.Layers; index++)
        {
            _told.Add(_names.LayerQuery(prompts.FirstLayer + index)!, all![index]);
        }
    }

    private void Tell(string canonical, string? official, long[]? shape)
    {
        if (official is not null && _left.Remove(canonical, out var tensor))
        {
            _told.Add(official, shape is null ? tensor : tensor.view(shape));
        }
    }
}
