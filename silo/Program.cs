using Herd.Silo.Startup;
using Herd.Silo.Training;

return TrainVerb.Takes(args)
    ? await TrainVerb.RunAsync(args, Console.OpenStandardInput(), Console.Out, Console.Error).ConfigureAwait(false)
    : await SiloProcess.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
