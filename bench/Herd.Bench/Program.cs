using System.CommandLine;
using System.Text.Json;
using Herd.Bench;
using Herd.Engine;
using Herd.Engine.Bases;
using Herd.Engine.Execution;
using Spectre.Console;
using static TorchSharp.torch;

var root = Measure();
root.Subcommands.Add(MakeBase());
root.Subcommands.Add(Load());
root.Subcommands.Add(MeasureSampler());
return await root.Parse(args).InvokeAsync();

static RootCommand Measure()
{
    var baseFolder = new Option<string>("--base") { Description = "Folder of the base.", Required = true };
    var tokenizer = new Option<string?>("--tokenizer") { Description = "Tokenizer file; without it, tokenizer.model in the base's folder or the one above." };
    var dtype = new Option<EngineDtype>("--dtype") { Description = "Arithmetic of the base products.", DefaultValueFactory = _ => EngineDtype.BFloat16 };
    var adapters = Number("--adapters", "Different adapters.", 16);
    var sequences = new Option<int[]>("--sequences")
    {
        Description = "Sequences at once, one measurement each.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 4, 16],
    };
    var prompt = Number("--prompt", "Tokens of a prompt.", 256);
    var generate = Number("--generate", "Tokens to generate for each sequence.", 64);
    var blocks = Number("--blocks", "Undisturbed blocks wanted; twice as many are tried.", 9);
    var maxForeign = new Option<double>("--max-foreign")
    {
        Description = "A block in which other processes took more than this share of all cores is discarded.",
        DefaultValueFactory = _ => 0.05,
    };
    var seed = Number("--seed", "Decides prompts and adapters.", 1);
    var json = new Option<string?>("--json") { Description = "File for all figures, every block's included." };

    var command = new RootCommand("Measures Herd's engine: adapters against the bare base, in alternation.")
    {
        baseFolder, tokenizer, dtype, adapters, sequences, prompt, generate, blocks, maxForeign, seed, json,
    };
    command.SetAction((parsed, cancellationToken) => Guard(async () =>
    {
        var options = new BenchOptions
        {
            Base = parsed.GetRequiredValue(baseFolder),
            Tokenizer = parsed.GetValue(tokenizer),
            Dtype = parsed.GetValue(dtype),
            Adapters = parsed.GetValue(adapters),
            Sequences = parsed.GetRequiredValue(sequences),
            Prompt = parsed.GetValue(prompt),
            Generate = parsed.GetValue(generate),
            Blocks = parsed.GetValue(blocks),
            MaxForeign = parsed.GetValue(maxForeign),
            Seed = parsed.GetValue(seed),
        };
        var report = await Benchmark.RunAsync(options, Console.Error.WriteLine, cancellationToken);
        ReportTable.Write(AnsiConsole.Console, report);
        if (parsed.GetValue(json) is { } file)
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(report, Report.Json), cancellationToken);
        }
    }));
    return command;
}

static Command MakeBase()
{
    var folder = new Argument<string>("folder") { Description = "A folder that is not there yet, or is empty." };
    var tokenizer = new Option<string>("--tokenizer") { Description = "Tokenizer file to copy; it may have fewer pieces than the vocabulary has rows.", Required = true };
    var width = Number("--dim", "Width of the residual stream.", 2048);
    var layers = Number("--layers", "Blocks.", 16);
    var heads = Number("--heads", "Query heads.", 16);
    var kvHeads = new Option<int?>("--kv-heads") { Description = "Key and value heads; without it, as many as query heads." };
    var feedForward = Number("--ffn", "Width of the feed-forward product.", 5632);
    var vocabulary = Number("--vocab", "Rows of embedding and output.", 32_000);
    var seed = Number("--seed", "Decides the weights.", 1);

    var form = new Option<BaseForm>("--form") { Description = "Names and order of rows.", DefaultValueFactory = _ => BaseForm.HuggingFace };
    var half = new Option<bool>("--float16") { Description = "Values in float16 instead of bfloat16." };

    var command = new Command("make-base", "Writes a base with random weights as one safetensors file.")
    {
        folder, tokenizer, form, half, width, layers, heads, kvHeads, feedForward, vocabulary, seed,
    };
    command.SetAction((parsed, cancellationToken) => Guard(() =>
    {
        var config = new LlamaConfig
        {
            Width = parsed.GetValue(width),
            Layers = parsed.GetValue(layers),
            Heads = parsed.GetValue(heads),
            KvHeads = parsed.GetValue(kvHeads) ?? parsed.GetValue(heads),
            FeedForwardWidth = parsed.GetValue(feedForward),
            Vocabulary = parsed.GetValue(vocabulary),
            NormEpsilon = 1e-5f,
            RopeTheta = 10_000,
        };
        var dtype = parsed.GetValue(half) ? ScalarType.Float16 : ScalarType.BFloat16;
        RandomBase.Write(parsed.GetRequiredValue(folder), config, parsed.GetValue(form), dtype, parsed.GetRequiredValue(tokenizer), parsed.GetValue(seed), cancellationToken);
        return Task.CompletedTask;
    }));
    return command;
}

static Command Load()
{
    var baseFolder = new Option<string>("--base") { Description = "Folder of the base.", Required = true };
    var tokenizer = new Option<string?>("--tokenizer") { Description = "Tokenizer file; without it, the one beside the base." };
    var dtype = new Option<EngineDtype>("--dtype") { Description = "Arithmetic of the base products.", DefaultValueFactory = _ => EngineDtype.BFloat16 };
    var digests = new Option<string?>("--digests") { Description = "File that remembers the digests of the base's files." };
    var hold = new Option<bool>("--hold") { Description = "Keep the base until the input ends, and tell then what is shared with others." };

    var command = new Command("load", "Loads a base, generates one token, and prints time and memory as JSON.") { baseFolder, tokenizer, dtype, digests, hold };
    command.SetAction((parsed, cancellationToken) => Guard(async () =>
    {
        var options = new EngineOptions
        {
            BaseFolder = parsed.GetRequiredValue(baseFolder),
            TokenizerFile = parsed.GetValue(tokenizer),
            Dtype = parsed.GetValue(dtype),
            DigestCache = parsed.GetValue(digests),
            KvCacheTokens = 256,
            MaxSequenceTokens = 256,
        };
        await LoadMeasurement.RunAsync(options, parsed.GetValue(hold), Console.In, Console.Out, cancellationToken);
    }));
    return command;
}

static Command MeasureSampler()
{
    var vocabulary = Number("--vocab", "Entries of the vocabulary.", 128_000);
    var blocks = Number("--blocks", "Pairs of measurements for each row.", 15);
    var seed = Number("--seed", "Decides the logits.", 1);

    var command = new Command("sampler", "Measures the choice of a token, against one that sorts the whole vocabulary.") { vocabulary, blocks, seed };
    command.SetAction((parsed, cancellationToken) => Guard(() =>
    {
        new SamplerMeasurement(parsed.GetValue(vocabulary), parsed.GetValue(seed)).Run(AnsiConsole.Console, parsed.GetValue(blocks), cancellationToken);
        return Task.CompletedTask;
    }));
    return command;
}

static Option<int> Number(string name, string description, int otherwise) => new(name) { Description = description, DefaultValueFactory = _ => otherwise };

static async Task<int> Guard(Func<Task> action)
{
    try
    {
        await action();
        return 0;
    }
    catch (Exception error) when (error is EngineException or IOException or UnauthorizedAccessException)
    {
        await Console.Error.WriteLineAsync(error.Message);
        return 1;
    }
}
