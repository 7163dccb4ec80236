using Herd.Cli;

return await CommandRunner.RunAsync(new HerdCommand(), args, Console.Error);
