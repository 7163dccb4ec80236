using Herd.Demo.Pictures;
using static TorchSharp.torch;

namespace Herd.Demo.Pipeline;

/// <summary>Makes the demo's model from nothing: tokenizer, image encoder and base, then the adapters, two side by side with a thread each.</summary>
/// <param name="folder">Where it is made. Stages whose result is there are passed over, others go on from their last checkpoint.</param>
/// <param name="budget">The time for all of it on two cores.</param>
/// <param name="seed">Decides all values and data.</param>
/// <param name="tell">Told how it goes, on any thread.</param>
public sealed class DemoPipeline(DemoFolder folder, TimeSpan budget, long seed, Action<string> tell)
{
    /// <summary>Pictures that are trained on.</summary>
    internal const int Pictures = 12_000;

    private const double BaseShare = 0.55;
    private const double EncoderShare = 0.05;
    private const double SlotShare = 0.04;

    private readonly WorldPictures _pictures = new(seed, Pictures);

    /// <summary>Adapters, each with those that go on from it behind it; the longest chain first.</summary>
    private static IEnumerable<DemoAdapter[]> Chains => DemoAdapters.All.Where(adapter => adapter.From is null)
        .Select(first => DemoAdapters.All.Where(adapter => adapter == first || adapter.From == first.Name).ToArray())
        .OrderByDescending(chain => chain.Sum(adapter => adapter.Share));

    /// <summary>Runs all stages.</summary>
    /// <param name="cancellationToken">Stops; what was made stays.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        set_num_threads(1);
        var foundation = new FoundationStages(folder, _pictures, seed);
        foundation.MakeTokenizer();
        if (!Directory.Exists(folder.Pictures))
        {
            await ShownPictures.WriteAsync(folder.Pictures, cancellationToken).ConfigureAwait(false);
        }

        await StageAsync("encoder", folder.Encoder, EncoderShare, (trainer, time) => trainer.Train("encoder", time, foundation.OpenEncoder, foundation.SaveEncoder, cancellationToken)).ConfigureAwait(false);
        await StageAsync("base", folder.Base, BaseShare, (trainer, time) => trainer.Train("base", time, foundation.OpenBase, foundation.SaveBase, cancellationToken)).ConfigureAwait(false);

        var stages = new AdapterStages(folder, _pictures, await folder.DigestAsync(cancellationToken).ConfigureAwait(false), seed);
        var whole = DemoAdapters.All.Sum(adapter => adapter.Share);
        await Parallel.ForEachAsync(Chains, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken }, async (chain, token) =>
        {
            foreach (var adapter in chain)
            {
                await StageAsync(adapter.Name, folder.Adapter(adapter.Name), 2 * (1 - BaseShare - EncoderShare) * adapter.Share / whole, (trainer, time) => Train(stages, adapter, trainer, time, token)).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }

    private void Train(AdapterStages stages, DemoAdapter adapter, StageTrainer trainer, TimeSpan time, CancellationToken cancellationToken)
    {
        var from = adapter.From is null ? null : folder.Adapter(adapter.From);
        if (from is null && adapter.TakesPictures)
        {
            from = Path.Combine(folder.Run(adapter.Name + "-slots"), "adapter.herd");
            if (!File.Exists(from))
            {
                trainer.Train(adapter.Name + "-slots", budget * SlotShare, steps => stages.OpenSlots(adapter, steps), trained => AdapterStages.Save(trained, from), cancellationToken);
            }

            time -= budget * SlotShare;
        }

        trainer.Train(adapter.Name, time, steps => stages.Open(adapter, steps, from), trained => AdapterStages.Save(trained, folder.Adapter(adapter.Name)), cancellationToken);
    }

    private async Task StageAsync(string name, string result, double share, Action<StageTrainer, TimeSpan> train)
    {
        if (Path.Exists(result))
        {
            tell($"{name}: there already");
            return;
        }

        await StageTrainer.OnItsThreadAsync(() => train(new StageTrainer(folder, tell), budget * share)).ConfigureAwait(false);
    }
}
