using Herd.Engine.Execution;
using Xunit;

namespace Herd.Engine.Tests.Execution;

public sealed class GenerationPlacesTests
{
    [Fact]
    public void Enter_OneScopeTookAllPlaces_AnotherGetsInOnce()
    {
        var places = new GenerationPlaces(2, newcomers: 5);
        places.Enter("flood");
        places.Enter("flood");

        Assert.False(TryEnter(places, "flood"));
        Assert.True(TryEnter(places, "other"));
        Assert.False(TryEnter(places, "other"));

        places.Leave("other");
        Assert.True(TryEnter(places, "other"));
        Assert.Equal(3, places.Taken);
    }

    [Fact]
    public void Enter_NewcomersWithoutEnd_AreBoundedToo()
    {
        var places = new GenerationPlaces(1, newcomers: 5);
        places.Enter("flood");

        Assert.Equal(5, Enumerable.Range(0, 1000).Count(scope => TryEnter(places, $"{scope}")));
    }

    [Fact]
    public void Leave_LastOfItsScope_FreesThePlace()
    {
        var places = new GenerationPlaces(1, newcomers: 0);
        places.Enter("a");
        Assert.False(TryEnter(places, "b"));

        places.Leave("a");

        Assert.Equal(0, places.Taken);
        Assert.True(TryEnter(places, "b"));
    }

    private static bool TryEnter(GenerationPlaces places, string scope)
    {
        try
        {
            places.Enter(scope);
            return true;
        }
        catch (EngineException refused) when (refused.Code == EngineErrorCode.Overloaded)
        {
            return false;
        }
    }
}
