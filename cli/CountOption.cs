using System.CommandLine;

namespace Herd.Cli;

/// <summary>An option that is a number of something, with a least value.</summary>
internal sealed class CountOption : Option<int>
{
    internal CountOption(string name, string description, int @default, int least = 1)
        : base(name)
    {
        (HelpName, Description, DefaultValueFactory) = ("N", description, _ => @default);
        Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least)
            {
                result.AddError($"{name} must be at least {least}.");
            }
        });
    }
}
