namespace Herd.Gateway.Hosting;

/// <summary>Why the gateway cannot start, in words for the operator.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="cure">What to do about it.</param>
internal sealed class StartupException(string message, string cure) : Exception($"{message}\n{cure}");
