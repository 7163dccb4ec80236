using Herd.Engine;
using Xunit;

namespace Herd.Conformance.Tests.Golden;

/// <summary>Parts of the golden form that the engine names as not supported yet: they are reported as skipped, every other refusal fails.</summary>
internal static class NotSupported
{
    public static bool IsNamedBy(EngineException error) => error.Message.Contains("not supported yet", StringComparison.Ordinal);

    public static T OrSkip<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EngineException error) when (IsNamedBy(error))
        {
            Assert.Skip(error.Message);
            throw;
        }
    }
}
