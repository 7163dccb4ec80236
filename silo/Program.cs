using Herd.Silo.Startup;

return await SiloProcess.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
