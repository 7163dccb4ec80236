using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace Herd.Silo.Startup;

/// <summary>Reads what the checks before a start need of the configuration.</summary>
public static class StrictSettings
{
    /// <summary>Reads a section.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="section">The section's name.</param>
    /// <param name="unneeded">Names of values that this program does not use, so that they may be missing.</param>
    /// <typeparam name="T">The section's options.</typeparam>
    /// <returns>The options.</returns>
    /// <exception cref="StartupException">A key is unknown, or a value is of the wrong type or out of range.</exception>
    public static T Read<T>(IConfiguration configuration, string section, params string[] unneeded)
        where T : class, new()
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var options = new T();
        try
        {
            configuration.GetSection(section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException($"The configuration section '{section}' cannot be read: {(exception.InnerException ?? exception).Message}");
        }

        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);
        faults.RemoveAll(fault => fault.MemberNames.All(unneeded.Contains) && fault.MemberNames.Any());
        return faults.Count == 0
            ? options
            : throw new StartupException($"The configuration section '{section}' is wrong: {string.Join(" ", faults.Select(fault => fault.ErrorMessage))}");
    }
}
