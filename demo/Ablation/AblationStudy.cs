using Herd.Demo.Pictures;
using Herd.Demo.Pipeline;
using Herd.Engine;
using static TorchSharp.torch;

namespace Herd.Demo.Ablation;

/// <summary>The paper's claims in miniature: every way of training under every seed over one base and image encoder, two runs side by side with a thread each.</summary>
/// <param name="model">Base and image encoder; only read.</param>
/// <param name="folder">Where the runs are kept. Finished ones are passed over, others go on from their last checkpoint.</param>
/// <param name="options">How much is trained and asked.</param>
/// <param name="tell">Told how it goes, on any thread.</param>
public sealed class AblationStudy(DemoFolder model, string folder, AblationOptions options, Action<string> tell)
{
    private const long PictureSeed = 1;

    /// <summary>Names of the ways of training that are compared with the reference.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Variants.All.Select(variant => variant.Name).Where(name => name != Variants.Reference)];

    /// <summary>Runs what is not done yet.</summary>
    /// <param name="cancellationToken">Stops; the runs can go on.</param>
    /// <returns>All results.</returns>
    /// <exception cref="EngineException"><see cref="EngineErrorCode.InvalidRequest"/>: the folder holds runs of other settings or of another model.</exception>
    public async Task<AblationResults> RunAsync(CancellationToken cancellationToken)
    {
        set_num_threads(1);
        var digest = await model.DigestAsync(cancellationToken).ConfigureAwait(false);
        var settings = new AblationSettings(digest, options.Steps, options.SlotSteps, options.Pictures, options.InstructionsPerKind);
        Keep(settings);
        var pictures = new WorldPictures(PictureSeed, DemoPipeline.Pictures);
        (long Seed, AdapterStages Stages)[] seeds = [.. Enumerable.Range(1, options.Seeds).Select(seed => ((long)seed, new AdapterStages(model, pictures, digest, seed)))];
        var slots = await TwoAtATimeAsync(seeds.Length, (index, token) => SlotsAsync(seeds[index].Seed, seeds[index].Stages, token), cancellationToken).ConfigureAwait(false);
        AblationRun[] runs =
        [
            .. from seed in seeds
               from variant in Variants.All
               where variant.Name == Variants.Reference || options.Only.Count == 0 || options.Only.Contains(variant.Name)
               select new AblationRun(model, Home(variant.Name, seed.Seed), seed.Stages, variant, seed.Seed, slots[seed.Seed - 1], settings, tell),
        ];
        return new AblationResults(settings, await TwoAtATimeAsync(runs.Length, (index, token) => runs[index].RunAsync(token), cancellationToken).ConfigureAwait(false));
    }

    private static async Task<T[]> TwoAtATimeAsync<T>(int count, Func<int, CancellationToken, Task<T>> make, CancellationToken cancellationToken)
    {
        var made = new T[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken }, async (index, token) =>
            made[index] = await make(index, token).ConfigureAwait(false)).ConfigureAwait(false);
        return made;
    }

    /// <summary>What all ways of training begin with under a seed: the visual front end is the same in all of them.</summary>
    private async Task<string> SlotsAsync(long seed, AdapterStages stages, CancellationToken cancellationToken)
    {
        const string Name = "slots";
        var home = Home(Name, seed);
        var result = home.Adapter(Name);
        if (!File.Exists(result))
        {
            await StageTrainer.OnItsThreadAsync(() => new StageTrainer(home, text => tell($"seed {seed}: {text}")).Train(
                Name, options.SlotSteps, steps => stages.OpenSlots(Variants.Slots, steps), trained => AdapterStages.Save(trained, result), cancellationToken)).ConfigureAwait(false);
        }

        return result;
    }

    private DemoFolder Home(string name, long seed) => new(Path.Combine(folder, $"{name}-{seed}"));

    private void Keep(AblationSettings settings)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "settings.json");
        if (!File.Exists(file))
        {
            AblationJson.Write(file, settings);
        }
        else if (AblationJson.Read<AblationSettings>(file) is var kept && kept != settings)
        {
            throw new EngineException(EngineErrorCode.InvalidRequest, $"{file}: expected the settings of the runs that are there, {kept}, found {settings}. Name another folder, or the same settings.");
        }
    }
}
